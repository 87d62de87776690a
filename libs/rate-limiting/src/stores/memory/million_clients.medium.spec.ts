import { expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { rateLimit } from '../../core/limit.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { MemoryStore } from './memory-store.ts';

const CLIENTS = 1_000_000;
const limit = rateLimit('requests', { amount: 60, perMs: 60_000 });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function call(store: MemoryStore, from: number, count: number): void {
  for (let client = from; client < from + count; client += 1) store.take([{ limit, subject: `client-${client}` }]);
}

it('keeps a million clients in a bounded memory, and gives it back for others once they are idle', async () => {
  const clock = new VirtualClock();
  const before = bytesInUse();
  const store = new MemoryStore({ clock, mostBuckets: CLIENTS });
  call(store, 0, CLIENTS);
  const bytesPerClient = (bytesInUse() - before) / CLIENTS;
  expect(store.statistics()).toMatchObject({ buckets: CLIENTS, evicted: 0 });
  expect(bytesPerClient).toBeLessThan(200);

  call(store, CLIENTS, CLIENTS);
  expect(store.statistics()).toMatchObject({ buckets: CLIENTS, evicted: CLIENTS });
  expect((bytesInUse() - before) / CLIENTS).toBeLessThan(200);

  await clock.advance(60_000);
  call(store, 2 * CLIENTS, CLIENTS / 2);
  expect(store.statistics()).toMatchObject({ buckets: CLIENTS / 2, evicted: CLIENTS });
  expect((bytesInUse() - before) / CLIENTS).toBeLessThan(200);
}, 120_000);
