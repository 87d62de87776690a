import { checkResource } from './checker.ts';
import { Creator } from './creator.ts';
import { Destroyer } from './destroyer.ts';
import * as errors from './errors.ts';
import { Exhaustion } from './exhaustion.ts';
import type { ResourceFactory } from './factory.ts';
import { Members, type Member } from './members.ts';
import type { PoolNumbers } from './numbers.ts';
import type { AcquireLimit, DrainReport, HealthReport, Pool, PoolStats, ReleaseOptions } from './pool.ts';
import {
  checkMs,
  resolvePoolOptions,
  type PoolOptions,
  type PoolProblem,
  type ResolvedPoolOptions,
} from './pool-options.ts';
import { PoolStatistics } from './statistics.ts';
import { findLeaks, Recurring, sweepEveryMs } from './upkeep.ts';
import { waitOf } from './wait-of.ts';
import { WaitQueue, type Waiter } from './wait-queue.ts';

/** How long `drain` waits at least for what it destroys. */
const DESTROY_GRACE_MS = 1_000;

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
  readonly #destroyer: Destroyer<T>;
  readonly #statistics = new PoolStatistics();
  readonly #exhaustion: Exhaustion;
  readonly #recurring: Recurring[] = [];
  /** Destroyed under their holders by a drain: their release is expected, once. */
  readonly #cut = new WeakSet<T>();
  readonly #quiet = Promise.withResolvers<void>();
  #drained: Promise<DrainReport> | undefined;
  #draining = false;

  /** Begins to make the `min` that are kept. @throws PoolOptionError */
  constructor(factory: ResourceFactory<T>, given: PoolOptions) {
    const options = resolvePoolOptions(given);
    const { clock, healthCheckEveryMs } = options;
    this.#options = options;
    this.#factory = factory;
    this.name = options.name;
    this.#members = new Members(factory, options);
    this.#waiters = new WaitQueue(clock, (waiter) => this.#timedOut(waiter));
    this.#exhaustion = new Exhaustion(options);
    this.#destroyer = new Destroyer(factory, clock, (error) => this.#report('destroy', error));
    this.#creator = new Creator(factory, options, {
      created: (resource, tookMs) => this.#join(resource, tookMs),
      failed: (error) => this.#createFailed(error),
      late: (resource) => this.#destroyer.destroy(resource),
      retry: () => this.#serve(),
      timeoutError: () => new errors.CreateTimeoutError(this.name, options.createTimeoutMs, this.numbers()),
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
    const now = this.#options.clock.now();
    this.#statistics.useTime.add(now - member.leasedAt);
    member.origin = undefined;
    if (options?.broken === true || !this.#members.isFit(member, now)) {
      this.#retire(member);
      this.#serve();
      return;
    }
    member.verifiedAt = now;
    this.#offer(member, now);
  }

  async withResource<R>(work: (resource: T) => R | Promise<R>, limit?: AcquireLimit): Promise<R> {
    const resource = await this.acquire(limit);
    let broken = false;
    try {
      return await work(resource);
    } catch (error) {
      broken = this.#factory.breaks?.(error) ?? false;
      throw error;
    } finally {
      this.release(resource, { broken });
    }
  }

  async healthCheck(limit?: AcquireLimit): Promise<HealthReport> {
    const { clock } = this.#options;
    const begunAt = clock.now();
    let error: unknown;
    try {
      const resource = await this.acquire(limit);
      error = await this.#check(resource);
      this.release(resource, { broken: error !== undefined });
    } catch (refused) {
      error = refused;
    }
    const healthy = error === undefined;
    const report = { healthy, at: Date.now(), tookMs: clock.now() - begunAt, ...(!healthy && { error }) };
    this.#statistics.health = report;
    if (!healthy && !this.#draining) this.#report('health check', error);
    return report;
  }

  /**
   * Takes out one that the peer has ended: at once where it is idle, on its release where it is lent. Gives where it was;
   * undefined where it is not of this pool (any more).
   */
  invalidate(resource: T): 'idle' | 'leased' | undefined {
    const member = this.#members.get(resource);
    if (!member) return undefined;
    this.#members.suspectAll(this.#options.clock.now());
    if (member.state === 'leased') {
      member.doomed = true;
      return 'leased';
    }
    this.#retire(member);
    this.#serve();
    return 'idle';
  }

  drain(deadlineMs: number): Promise<DrainReport> {
    if (this.#drained) return this.#drained;
    checkMs('deadlineMs', deadlineMs, 0);
    this.#draining = true;
    return (this.#drained = this.#drain(deadlineMs));
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

  #origin(): Error | undefined {
    return this.#options.leakAfterMs === undefined ? undefined : new Error('A lease was acquired');
  }

  #tryLend(origin: Error | undefined): T | undefined {
    if (this.#draining || this.#waiters.size > 0 || this.#members.idle === 0) return undefined;
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
    if (this.#draining) return this.#refuse(new errors.PoolDrainingError(this.name, this.numbers()));
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
    if (this.#draining) this.#tidyUp();
  }

  #cancelled(signal: AbortSignal): Error {
    return new errors.AcquireCancelledError(this.name, this.numbers(), { cause: signal.reason });
  }

  #refuse(error: Error): Promise<never> {
    this.#statistics.refused += 1;
    return Promise.reject(error);
  }

  #refuseRelease(resource: T, member: Member<T> | undefined): void {
    if (this.#cut.delete(resource)) return;
    const problem = member ? 'released twice: it is not lent' : 'released what is not lent: twice, or of another pool';
    throw new errors.NotLeasedError(this.name, problem, this.numbers());
  }

  /** Brings what is idle to those who wait, and has made what they and `min` need beyond. */
  #serve(): void {
    const now = this.#options.clock.now();
    while (this.#waiters.size > this.#members.checking && this.#members.idle > 0) {
      const member = this.#takeIdle(now);
      if (!member) break;
      if (this.#members.needsCheck(member, now)) void this.#checkIdle(member);
      else this.#offer(member, now);
    }
    while (this.#wantsMore() && this.#creator.mayStart(now)) this.#creator.start(now);
    if (this.#creator.failures > 0) this.#dismissHopeless(now);
    if (this.#draining) this.#tidyUp();
  }

  #wantsMore(): boolean {
    const { connecting } = this.#creator;
    const open = this.#members.size + connecting;
    if (open >= this.#options.max) return false;
    return connecting + this.#members.checking < this.#waiters.size || (open < this.#options.min && !this.#draining);
  }

  /** Those to whom nothing could be released, and nothing made in their time. */
  #dismissHopeless(now: number): void {
    if (this.#members.size > 0) return;
    for (let waiter = this.#waiters.first; waiter;) {
      const { next, since, timeoutMs } = waiter;
      if (this.#creator.isHopeless(since + timeoutMs, now)) {
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
    this.#report('create', error);
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
    if (this.#draining) this.#tidyUp();
  }

  /** The one that was idle for the shortest, of those that may still be lent. */
  #takeIdle(now: number): Member<T> | undefined {
    for (let member = this.#members.popIdle(); member; member = this.#members.popIdle()) {
      if (this.#members.isFit(member, now)) return member;
      this.#retire(member);
    }
    return undefined;
  }

  async #checkIdle(member: Member<T>): Promise<void> {
    this.#members.startCheck(member);
    const error = await this.#check(member.resource);
    // It may have been taken out meanwhile.
    if (member.state !== 'checking') return;
    const now = this.#options.clock.now();
    if (error === undefined && this.#members.isFit(member, now)) {
      member.verifiedAt = now;
      this.#offer(member, now);
      return;
    }
    if (error !== undefined) this.#members.suspectAll(now);
    this.#retire(member);
    this.#serve();
    if (error !== undefined) this.#report('check', error);
  }

  async #check(resource: T): Promise<unknown> {
    const { clock, checkTimeoutMs: timeoutMs } = this.#options;
    const error = await checkResource(this.#factory, resource, { clock, timeoutMs });
    if (error !== undefined) this.#statistics.failedChecks += 1;
    return error;
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
      this.#options.onLeak(leak);
    }
  }

  #report(during: PoolProblem['during'], error: unknown): void {
    this.#options.onProblem({ pool: this.name, during, error, numbers: this.numbers() });
  }

  async #drain(deadlineMs: number): Promise<DrainReport> {
    const { clock } = this.#options;
    const endsAt = clock.now() + deadlineMs;
    for (const recurring of this.#recurring) recurring.stop();
    const timer = clock.setTimer(this.#quiet.resolve, deadlineMs, false);
    this.#tidyUp();
    await this.#quiet.promise;
    clock.clearTimer(timer);
    const cut = this.#cutAll();
    await this.#destroyer.ended(Math.max(DESTROY_GRACE_MS, endsAt - clock.now()));
    return { cut };
  }

  /** While draining: ends what nobody waits for, and notices when nothing is left. */
  #tidyUp(): void {
    if (this.#waiters.size > 0) return;
    this.#creator.abandonAll();
    for (let member = this.#members.popIdle(); member; member = this.#members.popIdle()) this.#retire(member);
    if (this.#members.size === 0) this.#quiet.resolve();
  }

  #cutAll(): number {
    for (let waiter = this.#waiters.first; waiter; waiter = this.#waiters.first) {
      this.#dismiss(waiter, new errors.PoolDrainingError(this.name, this.numbers()));
    }
    this.#creator.abandonAll();
    let cut = 0;
    for (const member of [...this.#members.all()]) {
      if (member.state === 'leased') {
        this.#cut.add(member.resource);
        cut += 1;
      }
      this.#retire(member);
    }
    return cut;
  }
}
