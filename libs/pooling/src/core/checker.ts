import type { ResourceFactory } from './factory.ts';
import type { Member, Members } from './members.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';
import type { PoolStatistics } from './statistics.ts';

/** What checks are about. */
export interface CheckedPool<T> {
  readonly factory: ResourceFactory<T>;
  readonly options: Pick<ResolvedPoolOptions, 'clock' | 'checkTimeoutMs'>;
  readonly members: Members<T>;
  readonly statistics: PoolStatistics;
  /** Told how a check of `start` went; of `undefined` where nothing is wrong. */
  readonly checked: (member: Member<T>, error: unknown) => void;
}

/** Asks resources whether they still work. */
export class Checker<T> {
  readonly #pool: CheckedPool<T>;

  constructor(pool: CheckedPool<T>) {
    this.#pool = pool;
  }

  /** Begins to check one that was taken off the idle ones. */
  start(member: Member<T>): void {
    this.#pool.members.startCheck(member);
    void this.ask(member.resource).then((error) => this.#pool.checked(member, error));
  }

  /**
   * What keeps silent for `checkTimeoutMs` is dead: a peer that is gone without a word leaves a socket that looks open.
   *
   * @returns what is wrong with it; undefined where nothing is
   */
  async ask(resource: T): Promise<unknown> {
    const { factory, options, statistics } = this.#pool;
    if (!factory.check) return undefined;
    const { clock, checkTimeoutMs } = options;
    const controller = new AbortController();
    const silent = Promise.withResolvers<never>();
    const timedOut = () => silent.reject(new Error(`A check did not end within ${checkTimeoutMs} ms`));
    const timer = clock.setTimer(timedOut, checkTimeoutMs, true);
    try {
      const checked = (async () => factory.check!(resource, controller.signal))();
      if ((await Promise.race([checked, silent.promise])) === false) throw new Error('A check found it dead');
      return undefined;
    } catch (error) {
      statistics.failedChecks += 1;
      controller.abort(error);
      return error ?? new Error('A check failed');
    } finally {
      clock.clearTimer(timer);
    }
  }
}
