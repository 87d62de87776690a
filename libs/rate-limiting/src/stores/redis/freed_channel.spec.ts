import { expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import { slotLimit } from '../../core/limit.ts';
import type { RedisSubscriber } from './client.ts';
import { FreedChannel } from './freed-channel.ts';

const soon = { timeoutMs: 20_000 };
const hold = { limit: slotLimit('slots', { slots: 1 }), subject: 'key' };

/** As a connection that keeps nothing for later: it rejects while Redis is away. */
class Subscriber implements RedisSubscriber {
  isAway = true;
  tried = 0;
  readonly subscribed = new Set<string>();
  readonly listeners = new Set<(channel: string, message: string) => void>();

  async subscribe(channel: string): Promise<void> {
    this.tried += 1;
    if (this.isAway) throw new Error("Stream isn't writeable and enableOfflineQueue options is false");
    this.subscribed.add(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    this.subscribed.delete(channel);
  }

  on(_event: 'message', listener: (channel: string, message: string) => void): void {
    this.listeners.add(listener);
  }

  off(_event: 'message', listener: (channel: string, message: string) => void): void {
    this.listeners.delete(listener);
  }
}

it('is heard also where Redis was away when its listeners came', async () => {
  const subscriber = new Subscriber();
  const heard: string[] = [];
  const channel = new FreedChannel('freed', 'here', subscriber);
  channel.listen((limitName, subject) => heard.push(`${limitName} ${subject}`));
  await waitUntil(() => subscriber.tried >= 2, { ...soon, what: 'it is tried again' });
  subscriber.isAway = false;
  await waitUntil(() => subscriber.subscribed.has('freed'), { ...soon, what: 'it is subscribed to' });
  const message = new FreedChannel('freed', 'there', undefined).messageOf(hold);
  expect(subscriber.listeners.size).toBe(1);
  for (const listener of subscriber.listeners) listener('freed', message);
  expect(heard).toEqual(['slots key']);
  await channel.close();
  expect([subscriber.subscribed.size, subscriber.listeners.size]).toEqual([0, 0]);
});

it('is not tried any more once it is closed', async () => {
  const subscriber = new Subscriber();
  const channel = new FreedChannel('freed', 'here', subscriber);
  channel.listen(() => {});
  await channel.close();
  const later = new FreedChannel('freed', 'here', subscriber);
  const before = subscriber.tried;
  later.listen(() => {});
  await waitUntil(() => subscriber.tried >= before + 3, { ...soon, what: 'another one is tried again' });
  expect([before, subscriber.listeners.size]).toEqual([1, 1]);
  await later.close();
});
