import type { SlotHold } from '../../core/store.ts';
import type { RedisSubscriber } from './client.ts';
import { readTarget, targetOf } from './names.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

type Listener = (limitName: string, subject: string) => void;

/**
 * Tells other processes of slots that came free, and this one of theirs. Messages may be lost: whoever waits also looks again by
 * itself. While Redis can't be subscribed to it is tried again, at most 5 s later.
 */
export class FreedChannel {
  readonly name: string;
  readonly #origin: string;
  readonly #subscriber: RedisSubscriber | undefined;
  readonly #listeners = new Set<Listener>();
  #isSubscribed = false;
  #retry: NodeJS.Timeout | undefined;

  /** @param origin of this process, so that it does not hear itself; without a space */
  constructor(name: string, origin: string, subscriber: RedisSubscriber | undefined) {
    this.name = name;
    this.#origin = origin;
    this.#subscriber = subscriber;
  }

  messageOf(hold: Pick<SlotHold, 'limit' | 'subject'>): string {
    return `${this.#origin} ${targetOf(hold)}`;
  }

  listen(listener: Listener): () => void {
    const own: Listener = (limitName, subject) => listener(limitName, subject);
    this.#listeners.add(own);
    this.#subscribe();
    return () => void this.#listeners.delete(own);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    if (!this.#isSubscribed) return;
    this.#isSubscribed = false;
    clearTimeout(this.#retry);
    this.#subscriber!.off('message', this.#onMessage);
    // A connection that is gone has no subscriptions.
    await this.#subscriber!.unsubscribe(this.name).catch(() => {});
  }

  #subscribe(): void {
    if (this.#isSubscribed || !this.#subscriber) return;
    this.#isSubscribed = true;
    this.#subscriber.on('message', this.#onMessage);
    void this.#trySubscribing(this.#subscriber, FIRST_RETRY_MS);
  }

  async #trySubscribing(subscriber: RedisSubscriber, retryMs: number): Promise<void> {
    try {
      await subscriber.subscribe(this.name);
    } catch {
      if (!this.#isSubscribed) return;
      const nextMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      this.#retry = setTimeout(() => void this.#trySubscribing(subscriber, nextMs), retryMs).unref();
    }
  }

  readonly #onMessage = (channel: string, message: string): void => {
    if (channel !== this.name) return;
    const space = message.indexOf(' ');
    if (message.slice(0, space) === this.#origin) return;
    const target = readTarget(message.slice(space + 1));
    if (!target) return;
    for (const listener of this.#listeners) listener(target.limitName, target.subject);
  };
}
