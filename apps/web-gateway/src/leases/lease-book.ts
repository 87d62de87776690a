import type { RequestOf, ResponseOf, lease as leaseContract } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { formatUsd, MAX_USD_NANOS } from '@purser/money';
import type { BudgetRef } from '../configuration/snapshot.ts';
import type { Clock } from './clock.ts';
import { Demand, Lease } from './lease.ts';

type Message = RequestOf<typeof leaseContract>;
export type LeaseAnswer = Exclude<ResponseOf<typeof leaseContract>, { fenced: true }>;
export type MessageBody = Pick<Message, 'needs' | 'returns'>;

/** Money set aside for one attempt. `close` must be called exactly once. */
export interface Reservation {
  /** The ids of the leases that it was taken from. */
  readonly leases: readonly string[];
  /** The session whose leases they are. */
  readonly session: string;
  /** Frees what the attempt did not cost: bound − min(cost, bound). */
  close(costNanos: bigint): void;
}

interface Need {
  readonly id: string;
  readonly budgets: readonly BudgetRef[];
  readonly amount: bigint;
  readonly since: number;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (error: DomainError) => void;
  notBefore: number;
  asked: boolean;
}

/** A lease may be used this long after the sending of the last message that was answered. */
const USABLE_MS = 4_500;
/** What is free on a lease that was not used for so long is returned. */
const IDLE_MS = 2_000;
/** A need that waits for money in flight is asked for again after this. */
const ASK_AGAIN_MS = 20;
/** A need that got no answer for so long fails: the budget service can't be reached. */
const UNANSWERED_MS = 5_000;
/** A lease is remembered this long after its window ended, so that a late answer never makes a second one of it. */
const REMEMBER_MS = 60_000;
/** No more is asked for in advance than any budget can hold. */
const MOST_EXTRA = MAX_USD_NANOS;
/** A message and its answer must each fit 1 MiB: so many budgets are named by needs, and so many leases by returns. */
const MOST_BUDGETS_A_MESSAGE = 2_000;
const MOST_RETURNS_A_MESSAGE = 1_000;

/**
 * All that a session of this gateway knows of money: its leases, the reservations taken from them, the needs that wait.
 * It does no input or output and is changed only between turns of the event loop, so a reservation is all or nothing.
 */
export class LeaseBook {
  readonly #clock: Clock;
  readonly #options: { budgetWaitMs: number; mostWaiting: number };
  readonly #leases = new Map<string, Lease>();
  readonly #current = new Map<string, Lease>();
  readonly #demand = new Map<string, Demand>();
  readonly #toReturn = new Set<Lease>();
  /** Leases to be filled up before they are empty, so that no request has to wait for it. */
  readonly #toRefill = new Set<Lease>();
  readonly #needs = new Set<Need>();
  #session = '';
  #usableUntil = -Infinity;
  #needCount = 0;
  /** Called when there is something to send. */
  onWork: () => void = () => undefined;

  constructor(clock: Clock, options: { budgetWaitMs: number; mostWaiting?: number }) {
    this.#clock = clock;
    this.#options = { mostWaiting: 10_000, ...options };
  }

  /**
   * Takes `bound` from the lease of each budget, all or none: at once where the leases cover it, else when the budget
   * service has granted it.
   *
   * @throws DomainError (as a rejection) `budget_exceeded` with `budget_id`, `remaining_usd`, `resets_at`;
   * `unavailable` when the budget service does not answer; `rate_limit_exceeded` when too many wait
   */
  reserve(budgets: readonly BudgetRef[], bound: bigint, signal?: AbortSignal): Reservation | Promise<Reservation> {
    const now = this.#clock.now();
    for (const { id } of budgets) this.#demandOf(id).add(bound, now);
    const reservation = this.#take(budgets, bound, now);
    if (!reservation) return this.#wait(budgets, bound, now, signal);
    for (const { id } of budgets) this.#refillInTime(id, now);
    return reservation;
  }

  /** The least that any of the budgets has left, as last known; undefined where none is known. */
  remainingNanos(budgets: readonly BudgetRef[]): bigint | undefined {
    let least: bigint | undefined;
    for (const { id } of budgets) {
      const lease = this.#current.get(id);
      if (!lease) continue;
      const remaining = lease.remaining + lease.free;
      if (least === undefined || remaining < least) least = remaining;
    }
    return least !== undefined && least < 0n ? 0n : least;
  }

  /** A new session begins: nothing of the last one's leases may be used; needs are asked for anew. */
  begin(session: string): void {
    this.#session = session;
    this.#leases.clear();
    this.#current.clear();
    this.#toReturn.clear();
    this.#toRefill.clear();
    this.#usableUntil = -Infinity;
    for (const need of this.#needs) need.asked = false;
  }

  /** What there is to say now; undefined when there is nothing. */
  nextMessage(): MessageBody | undefined {
    const now = this.#clock.now();
    const wished = new Set<string>();
    const needs = this.#dueNeeds(now).map((need) => this.#ask(need, now, wished));
    for (const lease of this.#toRefill) needs.push(this.#refill(lease, now, wished));
    this.#toRefill.clear();
    const returns: MessageBody['returns'] = [];
    for (const lease of this.#toReturn) {
      if (returns.length === MOST_RETURNS_A_MESSAGE) break;
      this.#toReturn.delete(lease);
      returns.push(giveBack(lease));
    }
    return needs.length + returns.length > 0 ? { needs, returns } : undefined;
  }

  /** When a need is to be asked for again, by the clock; Infinity: none waits. */
  nextDue(): number {
    let due = Infinity;
    for (const need of this.#needs) if (!need.asked && need.notBefore < due) due = need.notBefore;
    return due;
  }

  /** Takes an answer in. @param sentAt when the message that it answers was sent, by the clock */
  apply(answer: LeaseAnswer, message: MessageBody, sentAt: number): void {
    const now = this.#clock.now();
    this.#usableUntil = Math.max(this.#usableUntil, sentAt + USABLE_MS);
    for (const { lease: id, returned, epoch } of message.returns) {
      const lease = this.#leases.get(id);
      if (!lease) continue;
      lease.returnedConfirmed = BigInt(returned);
      lease.epochConfirmed = epoch;
    }
    for (const { amount, budgets } of message.needs) {
      const lease = amount === '0' && this.#current.get(budgets[0] as string);
      if (lease) lease.refilling = false;
    }
    const leases = answer.leases.map((state) => this.#update(state, sentAt));
    this.#answerNeeds(answer, now);
    // What is free on a tight lease only now (a need was given up, or another of its windows ended) is missed elsewhere.
    for (const lease of leases) {
      if (lease.tight && (lease.free > 0n || lease.epoch > lease.epochConfirmed)) this.#giveBackSoon(lease);
    }
  }

  /** Whether the budget service was heard of lately enough for leases to be used. */
  get usable(): boolean {
    return this.#clock.now() < this.#usableUntil;
  }

  /** The budget service can make nothing of a message: those who asked in it fail, and nothing else changes. */
  refuse(error: DomainError): void {
    for (const need of this.#needs) if (need.asked) this.#fail(need, error);
    for (const lease of this.#leases.values()) lease.refilling = false;
  }

  /** The budget service has settled an attempt that was reserved from these leases. */
  settled(leases: readonly string[], bound: bigint, cost: bigint): void {
    for (const id of leases) {
      const lease = this.#leases.get(id);
      if (lease) lease.settled += cost < bound ? cost : bound;
    }
  }

  /** The budget service wants back what is free of a window. */
  recall(window: string, epoch: number): void {
    for (const lease of this.#leases.values()) {
      if (lease.window !== window || epoch <= lease.epoch) continue;
      lease.epoch = epoch;
      lease.tight = true;
      this.#giveBackSoon(lease);
    }
  }

  /** Finds what was not used for a while or whose window ended, and fails needs that nobody answers. */
  sweep(): void {
    const now = this.#clock.now();
    for (const lease of this.#leases.values()) {
      const ended = lease.endsAt <= now;
      if (lease.free > 0n && (ended || now - lease.usedAt >= IDLE_MS)) this.#giveBackSoon(lease);
      if (lease.isDone && lease.endsAt + REMEMBER_MS <= now) this.#forget(lease);
    }
    for (const [budget, demand] of this.#demand) if (demand.twoSeconds(now) === 0n) this.#demand.delete(budget);
    for (const need of this.#needs) {
      if (now - need.since > this.#options.budgetWaitMs + UNANSWERED_MS) this.#fail(need, unreachable());
    }
  }

  /** Marks all that is free to be returned. */
  returnAll(): void {
    for (const lease of this.#leases.values()) if (lease.free > 0n) this.#giveBackSoon(lease);
  }

  /** Whether the budget service has confirmed all that was returned, and nothing is free or in flight. */
  get isEmpty(): boolean {
    for (const lease of this.#leases.values()) {
      if (lease.inFlight > 0n || lease.free > 0n || lease.returned !== lease.returnedConfirmed) return false;
    }
    return this.#needs.size === 0;
  }

  /** What all leases hold together, for metrics. */
  totals(): { leases: number; waiting: number; free: bigint; inFlight: bigint } {
    let free = 0n;
    let inFlight = 0n;
    for (const lease of this.#leases.values()) {
      free += lease.free;
      inFlight += lease.inFlight;
    }
    return { leases: this.#leases.size, waiting: this.#needs.size, free, inFlight };
  }

  #take(budgets: readonly BudgetRef[], bound: bigint, now: number): Reservation | undefined {
    if (budgets.length > 0 && now >= this.#usableUntil) return undefined;
    const leases: Lease[] = [];
    for (const { id } of budgets) {
      const lease = this.#current.get(id);
      if (!lease || lease.endsAt <= now || lease.free < bound) return undefined;
      leases.push(lease);
    }
    for (const lease of leases) lease.take(bound, now);
    return {
      leases: leases.map((lease) => lease.id),
      session: this.#session,
      close: (cost) => this.#close(leases, bound, cost),
    };
  }

  #close(leases: readonly Lease[], bound: bigint, cost: bigint): void {
    const now = this.#clock.now();
    for (const lease of leases) {
      lease.finish(bound, cost);
      if (lease.free > 0n && (lease.tight || lease.endsAt <= now)) this.#giveBackSoon(lease);
    }
  }

  #wait(budgets: readonly BudgetRef[], bound: bigint, now: number, signal?: AbortSignal): Promise<Reservation> {
    if (this.#needs.size >= this.#options.mostWaiting) {
      return Promise.reject(
        new DomainError('rate_limit_exceeded', 'Too many requests wait for money; try again shortly.', {
          retryAfterMs: 1_000,
        }),
      );
    }
    if (signal?.aborted) return Promise.reject(clientGone());
    return new Promise((resolve, reject) => {
      const id = String((this.#needCount += 1));
      const need: Need = { id, budgets, amount: bound, since: now, resolve, reject, notBefore: now, asked: false };
      this.#needs.add(need);
      signal?.addEventListener('abort', () => this.#fail(need, clientGone()), { once: true });
      this.onWork();
    });
  }

  #dueNeeds(now: number): Need[] {
    const due: Need[] = [];
    let named = 0;
    for (const need of this.#needs) {
      if (need.asked || need.notBefore > now) continue;
      // Money may have come back to the leases since it was first asked for.
      const reservation = this.#take(need.budgets, need.amount, now);
      if (reservation) this.#grant(need, reservation);
      else if ((named += need.budgets.length) <= MOST_BUDGETS_A_MESSAGE) due.push(need);
    }
    return due;
  }

  #ask(need: Need, now: number, wished: Set<string>): MessageBody['needs'][number] {
    need.asked = true;
    return {
      id: need.id,
      amount: String(need.amount),
      budgets: need.budgets.map(({ id }) => id),
      waitedMs: Math.max(0, Math.round(now - need.since)),
      maxWaitMs: this.#options.budgetWaitMs,
      extra: need.budgets.map(({ id }) => String(this.#extra(id, now, wished))),
    };
  }

  #refillInTime(budget: string, now: number): void {
    const lease = this.#current.get(budget);
    if (!lease || lease.tight || lease.refilling || lease.remaining <= 0n) return;
    if (lease.free * 2n >= this.#demandOf(budget).twoSeconds(now)) return;
    lease.refilling = true;
    this.#toRefill.add(lease);
    this.onWork();
  }

  /** A need of nothing but what is wanted in advance. */
  #refill({ budget }: Lease, now: number, wished: Set<string>): MessageBody['needs'][number] {
    const extra = [String(this.#extra(budget, now, wished))];
    return { id: `refill-${budget}`, amount: '0', budgets: [budget], waitedMs: 0, maxWaitMs: 0, extra };
  }

  /** About two seconds of the budget's demand beyond what is free already, and never while the window is tight. */
  #extra(budget: string, now: number, wished: Set<string>): bigint {
    // Once in a message, however many of its needs name the budget.
    if (wished.has(budget)) return 0n;
    wished.add(budget);
    const lease = this.#current.get(budget);
    if (lease?.tight) return 0n;
    const wanted = this.#demandOf(budget).twoSeconds(now) - (lease && lease.endsAt > now ? lease.free : 0n);
    if (wanted <= 0n) return 0n;
    return wanted < MOST_EXTRA ? wanted : MOST_EXTRA;
  }

  #update(state: LeaseAnswer['leases'][number], sentAt: number): Lease {
    let lease = this.#leases.get(state.id);
    if (!lease) {
      lease = new Lease(state.id, state.budget, state.window);
      lease.usedAt = this.#clock.now();
      this.#leases.set(lease.id, lease);
    }
    lease.granted = BigInt(state.granted);
    lease.remaining = BigInt(state.remaining);
    lease.endsAt = state.endsInMs === null ? Infinity : sentAt + state.endsInMs;
    // A recall can overtake an answer that was given before it.
    lease.tight = state.epoch >= lease.epoch ? state.tight : lease.tight;
    lease.epoch = Math.max(lease.epoch, state.epoch);
    const current = this.#current.get(lease.budget);
    if (!current || current.endsAt < lease.endsAt) this.#current.set(lease.budget, lease);
    return lease;
  }

  #answerNeeds(answer: LeaseAnswer, now: number): void {
    const waiting = new Set(answer.wait);
    const refused = new Map(answer.refused.map((refusal) => [refusal.id, refusal]));
    for (const need of this.#needs) {
      if (!need.asked) continue;
      need.asked = false;
      const refusal = refused.get(need.id);
      const reservation = refusal ? undefined : this.#take(need.budgets, need.amount, now);
      if (refusal) this.#fail(need, exceeded(refusal));
      else if (reservation) this.#grant(need, reservation);
      else need.notBefore = waiting.has(need.id) ? now + ASK_AGAIN_MS : now;
    }
  }

  #grant(need: Need, reservation: Reservation): void {
    this.#needs.delete(need);
    need.resolve(reservation);
  }

  #fail(need: Need, error: DomainError): void {
    this.#needs.delete(need);
    need.reject(error);
  }

  #giveBackSoon(lease: Lease): void {
    // The leases of an earlier session go back as a whole, when it is recovered.
    if (this.#toReturn.has(lease) || this.#leases.get(lease.id) !== lease) return;
    this.#toReturn.add(lease);
    this.onWork();
  }

  #forget(lease: Lease): void {
    this.#leases.delete(lease.id);
    if (this.#current.get(lease.budget) === lease) this.#current.delete(lease.budget);
  }

  #demandOf(budget: string): Demand {
    let demand = this.#demand.get(budget);
    if (!demand) this.#demand.set(budget, (demand = new Demand()));
    return demand;
  }
}

function giveBack(lease: Lease): MessageBody['returns'][number] {
  if (lease.free > 0n) lease.returned += lease.free;
  return { lease: lease.id, returned: String(lease.returned), epoch: lease.epoch };
}

function exceeded(refusal: LeaseAnswer['refused'][number]): DomainError {
  const remaining = formatUsd(BigInt(refusal.remaining));
  return new DomainError(
    'budget_exceeded',
    `The request may cost more than the ${remaining} USD that are left of budget ${refusal.budget}.`,
    { budget_id: refusal.budget, remaining_usd: remaining, resets_at: refusal.endsAt },
  );
}

function clientGone(): DomainError {
  return new DomainError('unavailable', 'The client went away.');
}

function unreachable(): DomainError {
  return new DomainError('unavailable', 'The budget service cannot be reached, so nothing can be spent right now.');
}
