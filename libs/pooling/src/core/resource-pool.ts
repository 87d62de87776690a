import { Checker } from './checker.ts';
import { Creator } from './creator.ts';
import { Destroyer } from './destroyer.ts';
import * as errors from './errors.ts';
import { Exhaustion } from './exhaustion.ts';
import type { ResourceFactory } from './factory.ts';
import { isOut, Members, type Member } from './members.ts';
import { askPeer, type Verdict } from './health.ts';
import type { PoolNumbers } from './numbers.ts';
import type { AcquireLimit, DrainReport, HealthReport, Pool, PoolStats, ReleaseOptions } from './pool.ts';
import { checkMs, resolvePoolOptions, type PoolOptions, type ResolvedPoolOptions } from './pool-options.ts';
import { Reports } from './reports.ts';
import { Shutdown } from './shutdown.ts';
import { PoolStatistics } from './statistics.ts';
import { findLeaks, Recurring, sweepEveryMs } from './upkeep.ts';
import { waitOf } from './wait-of.ts';
import { WaitQueue, type Waiter } from './wait-queue.ts';

/**
 * A pool over any factory. What is idle is lent last in first out, so that a quiet pool can shrink; a release hands over to
 * the first who waits, within the call. Creates belong to the pool, not to who asked: one that ends after its asker gave up
 * goes to the next, or is kept.
 *
 * A lease is known by its resource: whoever releases twice is refused, unless it was lent to somebody else meanwhile.
 * `withResource` can't be used wrongly.
 */
export class ResourcePool<T extends object> implements Pool<T> {
  readonly name: string;
  readonly #factory: ResourceFactory<T>;
  readonly #options: ResolvedPoolOptions;
  readonly #members: Members<T>;
  readonly #waiters: WaitQueue<T>;
  readonly #creator: Creator<T>;
  readonly #checker: Checker<T>;
  readonly #destroyer: Destroyer<T>;
  readonly #statistics = new PoolStatistics();
  readonly #exhaustion: Exhaustion;
  readonly #reports: Reports;
  readonly #recurring: Recurring[] = [];
  readonly #shutdown: Shutdown<T>;
  /** Acquires since the latest whose stack was kept. */
  #sinceStack = 0;

  /** Begins to make the `min` that are kept. @throws PoolOptionError */
  constructor(factory: ResourceFactory<T>, given: PoolOptions) {
    const options = resolvePoolOptions(given);
    const { clock, healthCheckEveryMs } = options;
    this.#options = options;
    this.#factory = factory;
    this.name = options.name;
    const members = (this.#members = new Members(factory, options));
    const statistics = this.#statistics;
    this.#waiters = new WaitQueue(clock, (waiter) => this.#timedOut(waiter));
    const reports = (this.#reports = new Reports(options.name, options.onProblem, () => this.numbers()));
    this.#exhaustion = new Exhaustion(options, reports);
    this.#destroyer = new Destroyer(factory, clock, (error) => reports.problem('destroy', error));
    this.#creator = new Creator(factory, options, {
      created: (resource, tookMs) => this.#join(resource, tookMs),
      failed: (error) => this.#createFailed(error),
      late: (resource) => this.#destroyer.destroy(resource),
      retry: () => this.#serve(),
      timeoutError: () => new errors.CreateTimeoutError(this.name, options.createTimeoutMs, this.numbers()),
    });
    const checked = (member: Member<T>, error: unknown) => this.#checked(member, error);
    this.#checker = new Checker({ factory, options, members, statistics, checked });
    this.#shutdown = new Shutdown({
      ...{ clock, members, waiters: this.#waiters, creator: this.#creator, destroyer: this.#destroyer },
      retire: (member) => this.#retire(member),
      dismissFirst: () => this.#dismiss(this.#waiters.first!, new errors.PoolDrainingError(this.name, this.numbers())),
    });
    this.#recurring.push(new Recurring(clock, sweepEveryMs(options), () => this.#sweep()));
    if (healthCheckEveryMs !== undefined) {
      this.#recurring.push(new Recurring(clock, healthCheckEveryMs, () => this.healthCheck()));
    }
    this.#serve();
  }

  acquire(limit?: AcquireLimit): Promise<T> {
    const origin = this.#origin();
    if (limit !== undefined) return this.#acquireWithin(limit, origin);
    const resource = this.#tryLend(origin);
    return resource ? Promise.resolve(resource) : this.#wait(this.#options.acquireTimeoutMs, undefined, origin);
  }

  tryAcquire(): T | undefined {
    return this.#tryLend(this.#origin());
  }

  release(resource: T, options?: ReleaseOptions): void {
    const member = this.#members.get(resource);
    if (member?.state !== 'leased') return this.#refuseRelease(resource, member);
    this.#end(member, options?.broken === true);
  }

  async withResource<R>(work: (resource: T) => R | Promise<R>, limit?: AcquireLimit): Promise<R> {
    const resource = await this.acquire(limit);
    const member = this.#members.get(resource);
    const lease = member?.lease;
    let result: R;
    try {
      result = await work(resource);
    } catch (error) {
      if (isOut(member, lease)) this.#end(member, this.#factory.breaks?.(error) ?? false);
      throw error;
    }
    if (isOut(member, lease)) this.#end(member, false);
    else this.#refuseRelease(resource, member);
    return result;
  }

  async healthCheck(limit?: AcquireLimit): Promise<HealthReport> {
    const { clock } = this.#options;
    const begunAt = clock.now();
    const { healthy, error }: Verdict = this.#isFull()
      ? { healthy: null }
      : await askPeer(this, (resource) => this.#checker.ask(resource), limit);
    const times = { at: Date.now(), tookMs: clock.now() - begunAt, ...(error !== undefined && { error }) };
    if (healthy !== null) this.#statistics.health = { healthy, ...times };
    if (healthy === false && !this.#shutdown.hasBegun) this.#reports.problem('health check', error);
    return { healthy, ...times };
  }

  /**
   * Takes out one that the peer has ended: at once where it is idle, on its release where it is lent. Gives where it was;
   * undefined where it is not of this pool (any more).
   */
  invalidate(resource: T): 'idle' | 'leased' | undefined {
    const member = this.#members.get(resource);
    if (!member) return undefined;
    const wasLeased = member.state === 'leased';
    if (wasLeased) member.doomed = true;
    else this.#retire(member);
    this.#suspect();
    this.#serve();
    return wasLeased ? 'leased' : 'idle';
  }

  drain(deadlineMs: number): Promise<DrainReport> {
    checkMs('deadlineMs', deadlineMs, 0);
    for (const recurring of this.#recurring) recurring.stop();
    return this.#shutdown.within(deadlineMs);
  }

  /** The pool at this moment. */
  numbers(): PoolNumbers {
    const { size, idle } = this.#members;
    const { connecting } = this.#creator;
    return { inUse: size - idle, idle, connecting, waiting: this.#waiters.size, max: this.#options.max };
  }

  stats(): PoolStats {
    const { inUse: used, idle, waiting: pendingRequests, max, connecting } = this.numbers();
    const { name: pool, min: idleMin } = this.#options;
    const count = { idle, used };
    return this.#statistics.stats({ pool, count, idleMin, idleMax: max, max, pendingRequests, connecting });
  }

  /** Whether all are in use, so that nobody could ask the peer without a wait. */
  #isFull(): boolean {
    const { size, idle } = this.#members;
    if (size === 0 || idle > 0) return false;
    return this.#waiters.size > 0 || size + this.#creator.connecting >= this.#options.max;
  }

  #origin(): Error | undefined {
    const { leakAfterMs, leakStackEvery } = this.#options;
    if (leakAfterMs === undefined) return undefined;
    this.#sinceStack = (this.#sinceStack + 1) % leakStackEvery;
    return this.#sinceStack === 0 ? new Error('A lease was acquired') : undefined;
  }

  #tryLend(origin: Error | undefined): T | undefined {
    if (this.#shutdown.hasBegun || this.#waiters.size > 0 || this.#members.idle === 0) return undefined;
    const now = this.#options.clock.now();
    const member = this.#takeIdle(now);
    if (!member) return undefined;
    if (this.#members.needsCheck(member, now)) {
      this.#members.rest(member, member.idleSince);
      return undefined;
    }
    this.#members.lend(member, now, origin);
    this.#statistics.waitTime.add(0);
    return member.resource;
  }

  async #acquireWithin(limit: AcquireLimit, origin: Error | undefined): Promise<T> {
    const { signal, timeoutMs } = waitOf(limit, this.#options.acquireTimeoutMs);
    if (signal?.aborted) throw this.#cancelled(signal);
    return this.#tryLend(origin) ?? this.#wait(timeoutMs, signal, origin);
  }

  #wait(timeoutMs: number, signal: AbortSignal | undefined, origin: Error | undefined): Promise<T> {
    if (this.#shutdown.hasBegun) return this.#refuse(new errors.PoolDrainingError(this.name, this.numbers()));
    if (this.#waiters.size >= this.#options.queueMax) {
      return this.#refuse(new errors.QueueFullError(this.name, this.numbers()));
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiter = this.#waiters.push({ resolve, reject, timeoutMs, signal, origin });
    this.#serve();
    if (waiter.queued) this.#keepWaiting(waiter);
    return promise;
  }

  #keepWaiting(waiter: Waiter<T>): void {
    const { connecting } = this.#creator;
    const { size, checking } = this.#members;
    if (this.#waiters.size > connecting + checking && size + connecting >= this.#options.max) {
      this.#statistics.exhausted += 1;
      this.#exhaustion.add(waiter.since, () => this.numbers());
    }
    if (waiter.timeoutMs === 0) return this.#timedOut(waiter);
    this.#waiters.watch(waiter, this.#giveUp);
  }

  readonly #giveUp = (waiter: Waiter<T>, signal: AbortSignal): void => this.#dismiss(waiter, this.#cancelled(signal));

  #timedOut(waiter: Waiter<T>): void {
    this.#statistics.timeouts += 1;
    const { failures, lastError } = this.#creator;
    if (failures > 0 && this.#members.size === 0) {
      return this.#dismiss(waiter, new errors.CreateFailedError(this.name, lastError, this.numbers()));
    }
    const why = failures > 0 ? { cause: lastError } : undefined;
    this.#dismiss(waiter, new errors.AcquireTimeoutError(this.name, waiter.timeoutMs, this.numbers(), why));
  }

  #dismiss(waiter: Waiter<T>, error: Error): void {
    this.#waiters.remove(waiter);
    waiter.reject(error);
    if (this.#shutdown.hasBegun) this.#shutdown.tidyUp();
  }

  #cancelled(signal: AbortSignal): Error {
    return new errors.AcquireCancelledError(this.name, this.numbers(), { cause: signal.reason });
  }

  #refuse(error: Error): Promise<never> {
    this.#statistics.refused += 1;
    return Promise.reject(error);
  }

  #refuseRelease(resource: T, member: Member<T> | undefined): void {
    if (this.#shutdown.takesBack(resource)) return;
    const problem = member ? 'released twice: it is not lent' : 'released what is not lent: twice, or of another pool';
    throw new errors.NotLeasedError(this.name, problem, this.numbers());
  }

  /** Brings what is idle to those who wait, and has made what they and `min` need beyond. */
  #serve(): void {
    const now = this.#options.clock.now();
    while (this.#waiters.size > this.#members.expected && this.#members.idle > 0) {
      const member = this.#takeIdle(now);
      if (!member) break;
      if (this.#members.needsCheck(member, now)) this.#checker.start(member);
      else this.#offer(member, now);
    }
    while (this.#wantsMore() && this.#creator.mayStart(now)) this.#creator.start(now);
    if (this.#creator.failures > 0) this.#dismissHopeless(now);
    if (this.#shutdown.hasBegun) this.#shutdown.tidyUp();
  }

  #wantsMore(): boolean {
    const { connecting } = this.#creator;
    const open = this.#members.size + connecting;
    if (open >= this.#options.max) return false;
    return (
      connecting + this.#members.expected < this.#waiters.size || (open < this.#options.min && !this.#shutdown.hasBegun)
    );
  }

  /** Those to whom nothing could be released, and nothing made in their time. */
  #dismissHopeless(now: number): void {
    if (this.#members.size > 0) return;
    let before = 0;
    for (let waiter = this.#waiters.first; waiter;) {
      const { next, since, timeoutMs } = waiter;
      if (!this.#creator.isHopeless(since + timeoutMs, before, now)) before += 1;
      else {
        this.#statistics.refused += 1;
        this.#dismiss(waiter, new errors.CreateFailedError(this.name, this.#creator.lastError, this.numbers()));
      }
      waiter = next;
    }
  }

  #join(resource: T, tookMs: number): void {
    this.#statistics.createTime.add(tookMs);
    const now = this.#options.clock.now();
    this.#offer(this.#members.add(resource, now), now);
    this.#serve();
  }

  #createFailed(error: unknown): void {
    this.#statistics.createFailures += 1;
    this.#serve();
    this.#reports.problem('create', error);
  }

  /** To the first who waits, else to the idle ones. */
  #offer(member: Member<T>, now: number): void {
    const waiter = this.#waiters.first;
    if (waiter) {
      this.#waiters.remove(waiter);
      this.#members.lend(member, now, waiter.origin);
      this.#statistics.waitTime.add(now - waiter.since);
      waiter.resolve(member.resource);
      return;
    }
    this.#members.rest(member, now);
    if (this.#shutdown.hasBegun) this.#shutdown.tidyUp();
  }

  /** The one that was idle for the shortest, of those that may still be lent. */
  #takeIdle(now: number): Member<T> | undefined {
    for (let member = this.#members.popIdle(); member; member = this.#members.popIdle()) {
      if (this.#members.isFit(member, now)) return member;
      this.#retire(member);
    }
    return undefined;
  }

  /** A lease is over. */
  #end(member: Member<T>, broken: boolean): void {
    const now = this.#options.clock.now();
    this.#statistics.useTime.add(now - member.leasedAt);
    member.origin = undefined;
    if (!broken && this.#members.isFit(member, now)) {
      member.verifiedAt = now;
      return this.#offer(member, now);
    }
    this.#retire(member);
    if (broken) this.#suspect();
    this.#serve();
  }

  #checked(member: Member<T>, error: unknown): void {
    // It may have been taken out meanwhile.
    if (member.state !== 'checking') return;
    const now = this.#options.clock.now();
    if (error === undefined && this.#members.isFit(member, now)) {
      member.verifiedAt = now;
      return this.#offer(member, now);
    }
    this.#retire(member);
    if (error !== undefined) this.#suspect();
    this.#serve();
    if (error !== undefined) this.#reports.problem('check', error);
  }

  /** One was dead: what is idle may be too, and is checked, all of it at once, before anybody has to wait for it. */
  #suspect(): void {
    if (!this.#factory.check) return;
    const now = this.#options.clock.now();
    if (!this.#shutdown.hasBegun) {
      for (let member = this.#takeIdle(now); member; member = this.#takeIdle(now)) this.#checker.start(member);
    }
    this.#members.suspectAll(now);
  }

  #retire(member: Member<T>): void {
    this.#members.remove(member);
    this.#statistics.destroyed += 1;
    this.#destroyer.destroy(member.resource);
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    for (const member of this.#members.overdue(now)) this.#retire(member);
    this.#serve();
    for (const leak of findLeaks(this.#members, this.#options, now)) {
      this.#statistics.leaks += 1;
      this.#reports.guard(() => this.#options.onLeak(leak));
    }
  }
}
