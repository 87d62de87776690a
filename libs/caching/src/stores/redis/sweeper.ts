import type { Cluster, Redis } from 'ioredis';
import type { Matcher } from '../../core/pattern.ts';
import type { Names } from './names.ts';
import { run, SWEEP } from './scripts.ts';

/** Keys that Redis looks at in one step; between two it serves others. */
const STEP = 1_000;

const EVERYTHING: Matcher = { prefix: '', matches: () => true };

/**
 * Deletes entries that are older than an invalidation, by `SCAN`: what Redis holds is gone through once in small steps, however
 * few of it are ours.
 */
export class Sweeper {
  readonly #redis: Redis | Cluster;
  readonly #later = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(redis: Redis | Cluster) {
    this.#redis = redis;
  }

  /** Deletes what matches and was stored before `seq`. */
  async sweep(names: Names, seq: number, matcher: Matcher): Promise<void> {
    await this.#sweep(names, seq, matcher);
  }

  /**
   * Deletes what a namespace had before `seq`, some time. Nobody depends on it: those entries are invalid already, and end by
   * themselves. One that goes on leaves the next to that.
   */
  sweepLater(names: Names, seq: number): void {
    if (this.#later.has(names.state)) return;
    const done = this.#sweep(names, seq, EVERYTHING, () => this.#stopped)
      .then(noop, noop)
      .finally(() => this.#later.delete(names.state));
    this.#later.set(names.state, done);
  }

  /** Ends those that nobody waits for at their next step. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#later.values());
  }

  async #sweep(names: Names, seq: number, matcher: Matcher, isStopped = (): boolean => false): Promise<void> {
    for (const node of this.#nodes()) {
      let cursor = '0';
      do {
        if (isStopped()) return;
        const [next, found] = await node.scan(cursor, 'MATCH', names.entriesGlob(matcher.prefix), 'COUNT', STEP);
        const doomed = found.filter((name) => isDoomed(names, name, matcher));
        if (doomed.length > 0) await run(this.#redis, SWEEP, doomed, [seq]);
        cursor = next;
      } while (cursor !== '0');
    }
  }

  #nodes(): readonly Redis[] {
    return 'nodes' in this.#redis ? this.#redis.nodes('master') : [this.#redis];
  }
}

/** Redis matches bytes and knows `[a-z]` too; what is meant is decided here. */
function isDoomed(names: Names, name: string, { matches }: Matcher): boolean {
  const key = names.keyOf(name);
  return key !== undefined && matches(key);
}

function noop(): void {}
