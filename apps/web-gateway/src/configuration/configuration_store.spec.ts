import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readConfiguration, type ConfigurationEntry } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { MessageClient } from '@purser/messaging';
import { hashApiKey, SecretBox } from '@purser/secrets';
import { aKey, anAccount, entries } from '../testing/configuration-entries.ts';
import { FakeMessageClient } from '../testing/fake-message-client.ts';
import { ConfigurationStore } from './configuration.store.ts';

const account = anAccount();

/** A budget service with `stored` entries, which hands them out in pages of two. */
class FakeBudget {
  readonly client = new FakeMessageClient();
  readonly stored: ConfigurationEntry[] = entries('account', [account]);
  version = 1;
  /** Runs before each answer. */
  before: () => void | Promise<void> = () => undefined;

  constructor() {
    this.client.answer(readConfiguration, async ({ since, cursor }) => {
      await this.before();
      const changed = this.stored.filter(({ version }) => version > since);
      const from = cursor === null ? 0 : Number(cursor);
      const nextCursor = from + 2 < changed.length ? String(from + 2) : null;
      return { version: this.version, entries: changed.slice(from, from + 2), nextCursor };
    });
  }

  addKey(secret: string): void {
    this.version += 1;
    this.stored.push(...entries('key', [aKey(account.id, secret)], this.version));
  }
}

describe('the configuration store', () => {
  let budget: FakeBudget;
  let store: ConfigurationStore;
  const knows = (secret: string) => store.current?.callerOf(hashApiKey(secret)) !== undefined;
  const reads = () => budget.client.receivedOf(readConfiguration);
  const inForce = (version: number) =>
    new Promise<void>((resolve) => {
      if (store.version >= version) resolve();
      store.onChange((snapshot) => snapshot.version >= version && resolve());
    });

  beforeEach(() => {
    budget = new FakeBudget();
    store = new ConfigurationStore(budget.client as unknown as MessageClient, new SecretBox('m'.repeat(40)));
  });
  afterEach(async () => {
    await store.onApplicationShutdown();
    jest.restoreAllMocks();
  });

  it('has nothing before it has read everything, over all pages', async () => {
    for (const secret of ['a', 'b', 'c', 'd']) budget.addKey(secret);
    expect(store.current).toBeUndefined();
    expect(store.version).toBe(0);
    store.onApplicationBootstrap();
    await store.whenLoaded();
    expect(store.version).toBe(5);
    expect(['a', 'b', 'c', 'd'].every(knows)).toBe(true);
    expect(reads()).toHaveLength(3);
  });

  it('reads only what changed since, once it hears of a higher version', async () => {
    store.onApplicationBootstrap();
    await store.whenLoaded();
    store.noteVersion(1);
    await turn();
    expect(reads()).toHaveLength(1);
    budget.addKey('new');
    store.noteVersion(2);
    await inForce(2);
    expect(knows('new')).toBe(true);
    expect(reads().at(-1)).toEqual({ since: 1, cursor: null });
  });

  it('reads one at a time, however often it hears of it, and takes along what changes meanwhile', async () => {
    store.onApplicationBootstrap();
    await store.whenLoaded();
    budget.addKey('first');
    let added = false;
    budget.before = async () => {
      if (added) return;
      added = true;
      const before = reads().length;
      for (let version = 2; version <= 3; version++) store.noteVersion(version);
      await turn();
      expect(reads()).toHaveLength(before);
      budget.addKey('second');
    };
    store.noteVersion(2);
    await inForce(3);
    expect(knows('first') && knows('second')).toBe(true);
  });

  it('misses no version that it hears of in the very turn in which a read ends', async () => {
    store.onApplicationBootstrap();
    await store.whenLoaded();
    let noted = 0;
    store.onChange(() => {
      if (noted++ > 0) return;
      queueMicrotask(() => {
        budget.addKey('late');
        store.noteVersion(3);
      });
    });
    budget.addKey('early');
    store.noteVersion(2);
    await inForce(3);
    expect(knows('late')).toBe(true);
  });

  it('keeps what it has while the budget service fails, and catches up by itself', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    budget.addKey('old');
    store.onApplicationBootstrap();
    await store.whenLoaded();
    let failures = 3;
    budget.before = () => {
      if (failures-- > 0) throw new DomainError('unavailable', 'down');
    };
    budget.addKey('new');
    store.noteVersion(3);
    await turn();
    expect(knows('old')).toBe(true);
    await inForce(3);
    expect(knows('new')).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('applies nothing of a read that fails half way', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const secret of ['a', 'b', 'c']) budget.addKey(secret);
    let answers = 0;
    budget.before = () => {
      answers += 1;
      if (answers !== 2) return;
      expect(store.current).toBeUndefined();
      throw new DomainError('deadline_exceeded', 'slow');
    };
    store.onApplicationBootstrap();
    await store.whenLoaded();
    expect(answers).toBe(4);
    expect(reads().map(({ cursor }) => cursor)).toEqual([null, '2', null, '2']);
  });

  it('does not go back to an older version that a replica answers', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    budget.addKey('a');
    store.onApplicationBootstrap();
    await store.whenLoaded();
    budget.version = 1;
    const asked = reads().length;
    budget.before = () => {
      if (reads().length > asked + 1) budget.version = 3;
    };
    store.noteVersion(3);
    await inForce(3);
    expect(knows('a')).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('tells listeners after the version is in force, until they have enough', async () => {
    const seen: number[] = [];
    const enough = store.onChange(() => seen.push(store.version));
    store.onApplicationBootstrap();
    await store.whenLoaded();
    enough();
    budget.addKey('a');
    store.noteVersion(2);
    await inForce(2);
    expect(seen).toEqual([1]);
  });

  it('stops while it cannot read', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    budget.before = () => {
      throw new DomainError('unavailable', 'down');
    };
    store.onApplicationBootstrap();
    await turn();
    await store.onApplicationShutdown();
    await expect(store.whenLoaded()).rejects.toMatchObject({ code: 'unavailable' });
    const asked = reads().length;
    store.noteVersion(9);
    await turn();
    expect(reads()).toHaveLength(asked);
  });
});
