import { beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { Drain } from '@purser/health';
import type { DueSourcesRepository } from './due-sources.repository.ts';
import { DueSyncs } from './due-syncs.ts';
import type { SyncService } from './sync.service.ts';

/** Sources that are due, and readings of them that last until they are told to end. */
class Sources {
  readonly claims: number[] = [];
  readonly givenBack: string[] = [];
  readonly ends: ((error?: Error) => void)[] = [];
  due = 100;

  readonly repository = {
    claim: async (most: number): Promise<string[]> => {
      this.claims.push(most);
      await turn();
      return Array.from({ length: Math.min(most, this.due) }, () => `source ${(this.due -= 1)}`);
    },
    giveBack: async (id: string): Promise<void> => void this.givenBack.push(id),
  };

  readonly sync = {
    sync: () => new Promise<void>((resolve, reject) => this.ends.push((error) => (error ? reject(error) : resolve()))),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

let sources: Sources;
let drain: Drain;
let syncs: DueSyncs;
beforeEach(() => {
  sources = new Sources();
  drain = new Drain();
  syncs = new DueSyncs(
    sources.repository as unknown as DueSourcesRepository,
    sources.sync as unknown as SyncService,
    drain,
  );
});

describe('sources that are due', () => {
  it('are read eight at a time, however many looks are asked for at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => syncs.look()));
    expect(sources.ends).toHaveLength(8);
    sources.ends[0]!();
    sources.ends[1]!();
    await turn();
    await Promise.all(Array.from({ length: 10 }, () => syncs.look()));
    expect(sources.ends).toHaveLength(10);
    expect(sources.claims).toEqual([8, 2]);
  });

  it('are looked for again by a look that was asked for during another', async () => {
    sources.due = 0;
    const first = syncs.look();
    await turn();
    sources.due = 3;
    await Promise.all([first, syncs.look()]);
    expect(sources.ends).toHaveLength(3);
  });

  it('are given back where there was no place to read them, and kept where they could not be read', async () => {
    await syncs.look();
    sources.ends[0]!(new DomainError('unavailable', 'busy'));
    sources.ends[1]!(new DomainError('concurrent_change', 'read by another'));
    await turn();
    expect(sources.givenBack).toEqual(['source 99']);
    await syncs.look();
    expect(sources.ends).toHaveLength(10);
  });

  it('are given back before the service lets go of its database', async () => {
    await syncs.look();
    drain.add('release', 'syncs', () => sources.ends.forEach((end) => end(new DomainError('unavailable', 'stopping'))));
    expect(await drain.run({ delayMs: 0, timeoutMs: 1_000 })).toEqual({ drained: true, unfinished: [] });
    expect(sources.givenBack).toHaveLength(8);
    await syncs.look();
    expect(sources.ends).toHaveLength(8);
  });
});
