import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { currentAttempt, dependency, InjectDependency, ResilienceModule, Resilient, type Dependency } from './index.ts';

let asked = 0;
async function read(path: string, signal: AbortSignal | undefined): Promise<string> {
  asked += 1;
  if (asked === 1) throw Object.assign(new Error('busy'), { retryAfterMs: 1 });
  return `${path}${signal?.aborted ? ' too late' : ''}`;
}
const request = { signal: new AbortController().signal };

@Injectable()
class Issues {
  constructor(@InjectDependency('github') private readonly github: Dependency) {}

  @Resilient('github')
  find(id: string) {
    return read(`/issues/${id}`, currentAttempt()?.signal);
  }

  get calls() {
    return this.github.statistics().calls;
  }
}

@Module({ imports: [ResilienceModule.forRoot({ dependencies: [{ name: 'github', deadlineMs: 10_000, retry: {} }] })] })
class AppModule {}

it('shows in the README what runs here, and gives what it says', async () => {
  const github = dependency({
    name: 'github',
    deadlineMs: 10_000,
    attemptTimeoutMs: 3_000,
    retry: { attempts: 3, budget: { ratio: 0.1 } },
    breaker: { failureRate: 0.5, slowCallMs: 2_000 },
    bulkhead: { maxConcurrent: 20, maxQueued: 50 },
  });

  const issues = await github.run(({ signal }) => read('/issues', signal), { signal: request.signal });
  expect(issues).toBe('/issues');
  expect(github.statistics()).toMatchObject({ calls: 1, successes: 1, attempts: 2, retries: 1 });

  const breaker = github.breaker!;
  const permit = breaker.tryEnter();
  if (!permit) throw breaker.refusal();
  // permit.succeed(durationMs), permit.fail() or permit.ignore()
  permit.ignore();

  const app = await Test.createTestingModule({ imports: [AppModule], providers: [Issues] }).compile();
  await app.init();
  await expect(app.get(Issues).find('1')).resolves.toBe('/issues/1');
  expect(app.get(Issues).calls).toBe(1);
  await app.close();

  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
  const shown = [...readme.matchAll(/```ts\n([^]*?)```/g)].flatMap(([, code = '']) => lines(code));
  expect(shown.filter((line) => !own.includes(line))).toEqual([]);
});
