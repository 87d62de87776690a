import { checkAmount, checkDemands, checkName } from './check-calls.ts';
import { wholeAtLeast1 } from './check.ts';
import { monotonicClock, type Clock } from './clock.ts';
import { Grant, type GrantKeeper } from './grant.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { isLimit } from './limit.ts';
import { LimitExceeded, LimiterClosed, refusalOf, type Refusal } from './limit-exceeded.ts';
import {
  boundsOf,
  checkAcquire,
  checkedQueue,
  type AcquireOptions,
  type LimiterOptions,
  type QueueOptions,
} from './options.ts';
import { isPromise } from './promises.ts';
import { lacking } from './rates-lacking.ts';
import type { SlotLine } from './slot-line.ts';
import type { LimiterStatistics } from './statistics.ts';
import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing, Taken } from './store.ts';
import { Tally } from './tally.ts';
import { tell } from './tell.ts';
import { Waiter } from './waiter.ts';
import { WaitingRoom } from './waiting-room.ts';
import { MemoryStore } from '../stores/memory/memory-store.ts';

/** For how long the store's answers are waited for on close; longer than stores take. */
const CLOSES_WITHIN_MS = 5_000;
const DEFAULT_MOST_CLIENTS = 1_000;
/** Whose slots are counted together, where no client is named. */
const NOBODY = '';
/** What is taken where nothing is demanded. */
const NOTHING: Taken = Object.freeze({ allowed: true, holds: Object.freeze([]), standings: Object.freeze([]) });

/** Who asks without waiting: between whom it is fair, where others wait. */
export type TakeOptions = Pick<AcquireOptions, 'client' | 'weight'>;

/**
 * Limits how much passes and how much runs at the same time, of any number of limits at once: all that is asked is taken, or
 * nothing of it. Rates refuse at once; for slots `acquire` waits its turn, fair between clients, bounded in number and time.
 * What waits holds nothing. With a store that decides at once, so do its calls.
 */
export class Limiter {
  readonly #store: LimitStore;
  readonly #clock: Clock;
  readonly #queue: Required<QueueOptions>;
  readonly #onProblem: (error: unknown) => void;
  readonly #tally: Tally;
  readonly #room: WaitingRoom;
  readonly #leases: LeaseKeeper;
  readonly #keeper: GrantKeeper;
  #placesGiven = 0;
  #isClosed = false;

  /** @throws TypeError naming the option */
  constructor(options: LimiterOptions = {}) {
    const { store = new MemoryStore(), clock = monotonicClock, onLost, onProblem } = options;
    this.#queue = checkedQueue(options.queue);
    this.#store = store;
    this.#clock = clock;
    this.#tally = new Tally(wholeAtLeast1('mostClients', options.mostClients ?? DEFAULT_MOST_CLIENTS));
    this.#onProblem = (error) => {
      this.#tally.storeProblems += 1;
      tell(onProblem, error);
    };
    this.#room = new WaitingRoom(store, clock, {
      onGranted: (waiter, taken) => {
        const grant = this.#grant(waiter.demands, taken, waiter.asker.client, waiter.since);
        this.#tally.waited(waiter.asker.client, grant.waitedMs);
        waiter.grant(grant);
      },
      onTooLate: (waiter, taken) => this.#giveBack(waiter.demands, taken),
      onRefused: (waiter, refusal) => waiter.fail(this.#exceeded(waiter, refusal)),
      onAborted: (waiter) => {
        this.#tally.aborted += 1;
        waiter.fail(waiter.bounds.signal?.reason);
      },
      onFailed: (waiter, error) => waiter.fail(error),
    });
    this.#leases = new LeaseKeeper(store, clock, {
      onLost: (hold, grant) => {
        this.#tally.lostLeases += 1;
        this.#drop(grant, [hold]);
        tell(onLost, hold, grant);
      },
      onProblem: this.#onProblem,
    });
    this.#keeper = {
      correct: (corrections) => this.#correct(corrections),
      release: (grant, holds) => this.#release(grant, holds),
    };
  }

  /**
   * Takes all that is demanded, or nothing. No demands are granted without asking the store.
   *
   * @throws TypeError naming what is wrong with a demand; LimiterClosed; what the store throws
   */
  take(demands: readonly Demand[], asker?: TakeOptions): Grant | Refusal | Promise<Grant | Refusal> {
    this.#checkCall(demands);
    if (asker !== undefined) checkAcquire(asker);
    const client = asker?.client;
    if (demands.length === 0) return this.#grant(demands, NOTHING, client);
    const decision = this.#store.take(demands, { client: client ?? NOBODY, weight: asker?.weight, waits: false });
    if (isPromise(decision)) {
      return this.#room.underWay.track(decision.then((decided) => this.#answer(demands, decided, client)));
    }
    return this.#answer(demands, decision, client);
  }

  /**
   * The same, but waits for slots: at most `waitMs`, among at most `mostWaiting`, until its turn comes.
   *
   * @throws LimitExceeded where a rate refuses, too many wait or it waited for too long; the signal's reason; and what
   *   {@link take} throws. Where it can tell at once it throws, else it rejects.
   */
  acquire(demands: readonly Demand[], options: AcquireOptions): Grant | Promise<Grant> {
    this.#checkCall(demands);
    checkAcquire(options);
    options.signal?.throwIfAborted();
    if (demands.length === 0) return this.#grant(demands, NOTHING, options.client);
    this.#room.heed(demands);
    const line = this.#room.lines.firstWaiting(demands);
    if (line !== undefined) return this.#acquireBehind(line, demands, options);
    const decision = this.#store.take(demands, this.#askerOf(options));
    if (isPromise(decision)) return this.#acquireLater(demands, options, decision);
    if (decision.allowed) return this.#grant(demands, decision, options.client);
    return this.#waitOrThrow(demands, options, refusalOf(demands, decision));
  }

  /** How limits stand; takes nothing. */
  look(demands: readonly Demand[]): readonly Standing[] | Promise<readonly Standing[]> {
    this.#checkCall(demands);
    return this.#store.look(demands);
  }

  /** Takes more of rates, or less (below 0), than was taken; never refuses. */
  correct(corrections: readonly Correction[]): void | Promise<void> {
    this.#checkOpen();
    for (const [index, { limit, subject, by }] of corrections.entries()) {
      if (!isLimit(limit) || limit.kind !== 'rate')
        throw new TypeError(`corrections[${index}].limit must be made by rateLimit`);
      checkName(`corrections[${index}].subject`, subject);
      checkAmount(`corrections[${index}].by, without its sign,`, Math.abs(by));
    }
    if (corrections.length > 0) return this.#store.correct(corrections);
  }

  /** Makes buckets full, and slots free whoever holds them. */
  reset(demands: readonly Demand[]): void | Promise<void> {
    this.#checkCall(demands);
    const done = this.#store.reset(demands);
    if (isPromise(done)) return done.then(() => this.#serveAll(demands));
    this.#serveAll(demands);
  }

  /** What it did since it was made. */
  statistics(): LimiterStatistics {
    const held = new Map<string, number>();
    const waiting = new Map<string, number>();
    const count = (counts: Map<string, number>, name: string, by: number) =>
      counts.set(name, (counts.get(name) ?? 0) + by);
    for (const { holds } of this.#leases.grants) for (const { limit } of holds) count(held, limit.name, 1);
    for (const { limitName, queue } of this.#room.lines.waiting) count(waiting, limitName, queue.size);
    return this.#tally.statistics({ waiting, held });
  }

  /**
   * Rejects who waits, gives back the slots that are held and what the store grants meanwhile, for which it waits for at most 5 s,
   * and closes the store. May be called again.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room.close(() => new LimiterClosed());
    const released = [...this.#leases.grants].map(async (grant) => grant.release());
    // What is granted meanwhile is given back, to a store that is not closed yet.
    await Promise.all([...released, this.#room.underWay.ended(this.#clock, CLOSES_WITHIN_MS)]);
    this.#leases.close();
    await this.#store.close();
  }

  #checkCall(demands: readonly Demand[]): void {
    this.#checkOpen();
    checkDemands(demands);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new LimiterClosed();
  }

  #answer(demands: readonly Demand[], decision: Decision, client: string | undefined): Grant | Refusal {
    if (decision.allowed) return this.#grant(demands, decision, client);
    const refusal = refusalOf(demands, decision);
    this.#tally.refused(client, refusal);
    return refusal;
  }

  #askerOf({ client, weight, waitMs }: AcquireOptions): Asker {
    return { client, weight, waits: this.#mayWait({ waitMs }) };
  }

  #mayWait({ waitMs }: QueueOptions): boolean {
    return (waitMs ?? this.#queue.waitMs) > 0;
  }

  /** Others wait for the same slots: it may not go past them, but hears at once of a rate that refuses. */
  #acquireBehind(line: SlotLine, demands: readonly Demand[], options: AcquireOptions): Promise<Grant> | Grant {
    const refusalBy = (standings: readonly Standing[]): Refusal => {
      const slots = demands.find(({ limit, subject }) => limit.name === line.limitName && subject === line.subject)!;
      const waits = { allowed: false, reason: 'slots', retryAfterMs: undefined, standings } as const;
      return lacking(demands, standings) ?? { ...waits, limit: slots.limit, subject: slots.subject };
    };
    const standings = this.#store.look(demands);
    if (!isPromise(standings)) return this.#waitOrThrow(demands, options, refusalBy(standings));
    const waiter = this.#admit(demands, options);
    this.#room.settle(waiter, standings, (known) => this.#waitOrFail(waiter, refusalBy(known)));
    return waiter.answer;
  }

  #acquireLater(demands: readonly Demand[], options: AcquireOptions, decision: Promise<Decision>): Promise<Grant> {
    const waiter = this.#admit(demands, options);
    this.#room.settle(waiter, decision, (decided) => {
      if (!decided.allowed) this.#waitOrFail(waiter, refusalOf(demands, decided));
      else if (waiter.isDone) this.#giveBack(demands, decided);
      else waiter.grant(this.#grant(demands, decided, options.client));
    });
    return waiter.answer;
  }

  #waitOrThrow(demands: readonly Demand[], options: AcquireOptions, refusal: Refusal): Promise<Grant> {
    if (refusal.reason !== 'slots' || !this.#mayWait(options)) {
      this.#tally.refused(options.client, refusal);
      throw new LimitExceeded(refusal);
    }
    const waiter = this.#admit(demands, options);
    this.#wait(waiter, refusal);
    return waiter.answer;
  }

  #waitOrFail(waiter: Waiter, refusal: Refusal): void {
    if (waiter.isDone) return;
    if (refusal.reason !== 'slots' || waiter.bounds.waitMs === 0) waiter.fail(this.#exceeded(waiter, refusal));
    else this.#wait(waiter, refusal);
  }

  #wait(waiter: Waiter, refusal: Refusal): void {
    this.#tally.queued(waiter.asker.client);
    this.#room.enter(waiter, this.#room.lines.open(refusal.limit, refusal.subject), refusal);
  }

  #admit(demands: readonly Demand[], options: AcquireOptions): Waiter {
    this.#placesGiven += 1;
    const bounds = boundsOf(options, this.#queue);
    const waiter = new Waiter(demands, this.#askerOf(options), bounds, this.#placesGiven, this.#clock.now());
    this.#room.admit(waiter);
    return waiter;
  }

  #exceeded(waiter: Waiter, refusal: Refusal): LimitExceeded {
    this.#tally.refused(waiter.asker.client, refusal);
    return new LimitExceeded(refusal, this.#clock.now() - waiter.since);
  }

  #grant(demands: readonly Demand[], taken: Taken, client: string | undefined, since?: number): Grant {
    if (this.#isClosed) {
      this.#giveBack(demands, taken);
      throw new LimiterClosed();
    }
    const waitedMs = since === undefined ? 0 : this.#clock.now() - since;
    this.#tally.allowed(client, taken.standings);
    const grant = new Grant(this.#keeper, demands, taken, client, waitedMs);
    if (taken.holds.length > 0) this.#hold(grant);
    return grant;
  }

  #hold(grant: Grant): void {
    for (const { limit, subject } of grant.holds) {
      this.#room.lines.open(limit, subject).queue.hold(grant.client ?? NOBODY);
    }
    this.#leases.keep(grant);
  }

  /** It holds these no more, whatever the store does. */
  #drop(grant: Grant, holds: readonly SlotHold[]): void {
    grant.holds = grant.holds.filter((hold) => !holds.includes(hold));
    if (grant.holds.length === 0) this.#leases.leave(grant);
    for (const { limit, subject } of holds) {
      const line = this.#room.lines.find(limit.name, subject);
      if (line === undefined) continue;
      line.queue.free(grant.client ?? NOBODY);
      this.#room.lines.left(line);
    }
  }

  #release(grant: Grant, holds: readonly SlotHold[]): void | Promise<void> {
    this.#drop(grant, holds);
    return this.#free(holds);
  }

  #free(holds: readonly SlotHold[]): void | Promise<void> {
    const freed = () => {
      for (const { limit, subject } of holds) this.#room.freed(limit.name, subject);
    };
    return this.#orProblem(() => this.#store.release(holds), freed);
  }

  #correct(corrections: readonly Correction[]): void | Promise<void> {
    return this.#orProblem(() => this.#store.correct(corrections));
  }

  /** What was granted to nobody. */
  #giveBack(demands: readonly Demand[], taken: Taken): void {
    this.#tally.lateGrants += 1;
    const corrections: Correction[] = [];
    for (const { limit, subject, cost = 1 } of demands) {
      if (limit.kind === 'rate' && cost > 0) corrections.push({ limit, subject, by: -cost });
    }
    if (corrections.length > 0) void this.#correct(corrections);
    if (taken.holds.length > 0) void this.#free(taken.holds);
  }

  #serveAll(demands: readonly Demand[]): void {
    for (const { limit, subject } of demands) {
      if (limit.kind === 'slots') this.#room.freed(limit.name, subject);
    }
  }

  /** Whoever gives something back can't help it where the store fails. */
  #orProblem(call: () => void | Promise<void>, then?: () => void): void | Promise<void> {
    try {
      const done = call();
      if (isPromise(done)) return done.catch(this.#onProblem).then(then);
    } catch (error) {
      this.#onProblem(error);
    }
    then?.();
  }
}
