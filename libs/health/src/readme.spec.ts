import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Drain, HealthModule, startService } from './index.ts';

const flushed: string[] = [];
const pool = { ping: () => Promise.resolve() };
const journal = { flush: () => void flushed.push('journal') };

async function example() {
  @Module({
    imports: [HealthModule.forRoot({ service: 'shop', checks: [{ name: 'database', check: () => pool.ping() }] })],
  })
  class ShopModule {
    constructor(drain: Drain) {
      drain.add('flush', 'journal', () => journal.flush());
    }
  }

  const shop = await startService({ name: 'shop', module: ShopModule, host: '127.0.0.1', port: 0 });
  await shop.readiness.whenReady(AbortSignal.timeout(10_000));
  const probe = await fetch(`${shop.url}/health/ready`); // 200
  const result = await shop.drain(); // { drained: true, unfinished: [] }
  return { status: probe.status, result };
}

it('shows in the README what runs here, and gives what it says', async () => {
  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
  expect(lines(shown).filter((line) => !own.includes(line))).toEqual([]);
  await expect(example()).resolves.toEqual({ status: 200, result: { drained: true, unfinished: [] } });
  expect(flushed).toEqual(['journal']);
});
