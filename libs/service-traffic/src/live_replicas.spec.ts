import { afterEach, expect, it } from '@jest/globals';
import { replicaPresence } from '@purser/contracts';
import { InProcessBroker, PublishChannel } from '@purser/messaging';
import { waitUntil } from '@purser/testing';
import { LiveReplicas } from './live-replicas.ts';

const running: LiveReplicas[] = [];
afterEach(() => {
  for (const each of running.splice(0)) each.beforeApplicationShutdown();
});

const broker = new InProcessBroker();

async function replica(name: string, options: { service?: string; now?: () => number } = {}): Promise<LiveReplicas> {
  const { service = 'web-gateway', now } = options;
  const transport = broker.transport(service);
  const timing = { intervalMs: 20, meetMs: 50, ...(now && { now }) };
  const live = new LiveReplicas({ service, replica: name, transport, ...timing });
  running.push(live);
  await live.onApplicationBootstrap();
  return live;
}

const becomes = (live: LiveReplicas, count: number) =>
  waitUntil(() => live.live === count, { timeoutMs: 10_000, what: `${live.replica} counts ${count}` });

it('counts itself where it is alone', async () => {
  expect((await replica('a')).live).toBe(1);
});

it('counts replicas of its own service, and names those of others too', async () => {
  const a = await replica('a');
  const told: number[] = [];
  a.onChange((live) => told.push(live));
  const b = await replica('b');
  const reports = await replica('c', { service: 'reports' });
  await becomes(a, 2);
  expect([b.live, reports.live, told]).toEqual([2, 1, [2]]);
  expect(b.names().toSorted()).toEqual(['a', 'b', 'c']);
});

it('knows of a replica that leaves without waiting for its silence', async () => {
  const a = await replica('a', { now: () => 0 });
  const b = await replica('b', { now: () => 0 });
  await becomes(a, 2);
  b.beforeApplicationShutdown();
  await becomes(a, 1);
});

it('takes one that fell silent for gone', async () => {
  let now = 0;
  const a = await replica('a', { now: () => now });
  const ghost = new PublishChannel(broker.transport('web-gateway'), replicaPresence, () => undefined);
  ghost.publish({ service: 'web-gateway', replica: 'ghost', leaving: false });
  await becomes(a, 2);
  now = 5_001;
  await becomes(a, 1);
});

it('takes nobody for gone while it hears nobody itself', async () => {
  let now = 0;
  const transport = broker.transport('web-gateway');
  const status = { value: 'connected' };
  const deaf = new Proxy(transport, {
    get: (target, name) => {
      if (name === 'status') return status.value;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const options = { intervalMs: 20, meetMs: 20, now: () => now };
  const a = new LiveReplicas({ service: 'web-gateway', replica: 'a', transport: deaf, ...options });
  running.push(a);
  await a.onApplicationBootstrap();
  const ghost = new PublishChannel(broker.transport('web-gateway'), replicaPresence, () => undefined);
  ghost.publish({ service: 'web-gateway', replica: 'ghost', leaving: false });
  await becomes(a, 2);
  status.value = 'reconnecting';
  for (const until = now + 20_000; now < until; now += 1_000) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(a.live).toBe(2);
});
