import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MemoryStore } from '../../stores/memory/index.ts';
import { describeLimitStore } from './describe-limit-store.ts';
import { useRunner, type TestRunner } from './runner.ts';

const run = promisify(execFile);

describe('the suite of limit stores', () => {
  it('runs by node --test, where no runner has its functions among the globals', async () => {
    const file = fileURLToPath(new URL('./run-by-node.ts', import.meta.url));
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], { env: {} });
    expect(stdout).toContain('# fail 0');
    expect(Number(/# pass (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(20);
  });

  it('says under vitest without its globals that it has to be given its functions', async () => {
    const file = fileURLToPath(new URL('./run-by-node.ts', import.meta.url));
    const running = run(process.execPath, [file], { env: { VITEST: 'true' } });
    await expect(running).rejects.toThrow('runner: must be given where the test runner has no globals');
  });

  it('runs by whatever it is given', () => {
    const declared: string[] = [];
    const hook = () => declared.push('hook');
    const runner: TestRunner = {
      describe: (_name, declare) => declare(),
      it: (name) => declared.push(name),
      ...{ beforeEach: hook, afterEach: hook },
    };
    describeLimitStore('memory', async () => ({ store: new MemoryStore() }), { runner });
    useRunner(undefined);
    expect(declared).toContain('take no more than there is');
    expect(declared).toContain('hook');
  });
});
