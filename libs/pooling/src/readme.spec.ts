import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ResourcePool } from './index.ts';

class Session {
  open = true;
  async ask(question: string): Promise<string> {
    return `${question} nobody`;
  }
  close(): void {
    this.open = false;
  }
}
const opened: Session[] = [];
const openSession = () => {
  const session = new Session();
  opened.push(session);
  return session;
};

it('shows in the README what runs here, and gives what it says', async () => {
  const factory = { create: () => openSession(), destroy: (session: Session) => session.close() };
  const pool = new ResourcePool(factory, { name: 'sessions', max: 2, acquireTimeoutMs: 1_000 });
  const answer = await pool.withResource((session) => session.ask('who is there?'));
  const { count, waitTime } = pool.stats();
  await pool.drain(5_000);

  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
  expect(lines(shown).filter((line) => !own.includes(line))).toEqual([]);
  expect([answer, count, waitTime.count]).toEqual(['who is there? nobody', { idle: 1, used: 0 }, 1]);
  expect(opened.map(({ open }) => open)).toEqual([false]);
});
