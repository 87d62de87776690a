import { CallsUnderWay } from './calls-under-way.ts';
import type { Clock } from './clock.ts';
import { refusalOf, type Refusal } from './limit-exceeded.ts';
import { isPromise } from './promises.ts';
import { SlotLines, type SlotLine } from './slot-line.ts';
import type { Decision, Demand, LimitStore, Refused, Taken } from './store.ts';
import type { Waiter } from './waiter.ts';

/** Between two looks for slots that came free at other processes. */
const LOOK_EVERY_MS = 25;
/** The same, where the store tells of these: leases that ended are told by nobody. */
const LOOK_RARELY_MS = 1_000;
/** The part of it that is left to chance, so that processes don't look all at once. */
const JITTER = 0.4;
/** Clients tried one after another where the store has a slot, but none for the first. */
const MOST_PASSED_OVER = 8;

export interface WaitingRoomEvents {
  readonly onGranted: (waiter: Waiter, taken: Taken) => void;
  /** The store said yes after its caller had gone. */
  readonly onTooLate: (waiter: Waiter, taken: Taken) => void;
  readonly onRefused: (waiter: Waiter, refusal: Refusal) => void;
  /** By its caller's signal. */
  readonly onAborted: (waiter: Waiter) => void;
  readonly onFailed: (waiter: Waiter, error: unknown) => void;
}

/** Everybody who waits for slots, each in the line of the slots that were not there, and what serves them in turn. */
export class WaitingRoom {
  readonly lines = new SlotLines();
  /** Of the store. */
  readonly underWay = new CallsUnderWay();
  readonly #store: LimitStore;
  readonly #clock: Clock;
  readonly #events: WaitingRoomEvents;
  readonly #unlisten: (() => void) | undefined;
  #callOffLook: (() => void) | undefined;
  /** Those in no line yet, or no more: the store has not answered. */
  readonly #unanswered = new Set<Waiter>();
  #timesFreed = 0;

  constructor(store: LimitStore, clock: Clock, events: WaitingRoomEvents) {
    this.#store = store;
    this.#clock = clock;
    this.#events = events;
    this.#unlisten = store.onFreed?.((limitName, subject) => this.freed(limitName, subject));
  }

  /** A slot came free. */
  freed(limitName: string, subject: string): void {
    this.#timesFreed += 1;
    const line = this.lines.find(limitName, subject);
    if (line !== undefined && line.queue.size > 0) this.serve(line);
  }

  /** Somebody asks by these limits: so does who waits, from now on. */
  heed(demands: readonly Demand[]): void {
    for (const line of this.lines.change(demands)) this.serve(line);
  }

  /** From here on its wait is bounded. */
  admit(waiter: Waiter): void {
    waiter.bound(
      this.#clock,
      () => {
        this.leave(waiter);
        this.#events.onRefused(waiter, { ...(waiter.refusal ?? unanswered(waiter)), reason: 'wait-timeout' });
      },
      () => {
        this.leave(waiter);
        this.#events.onAborted(waiter);
      },
    );
  }

  /** Does with an admitted waiter what the store's answer says, when it comes. */
  settle<T>(waiter: Waiter, answer: Promise<T>, then: (answer: T) => void): void {
    void this.underWay.track(this.#settle(waiter, answer, then));
  }

  async #settle<T>(waiter: Waiter, answer: Promise<T>, then: (answer: T) => void): Promise<void> {
    this.#unanswered.add(waiter);
    const timesFreed = this.#timesFreed;
    try {
      then(await answer);
    } catch (error) {
      if (!waiter.isDone) this.#events.onFailed(waiter, error);
    } finally {
      this.#unanswered.delete(waiter);
    }
    // A slot that came free while the store was asked found nobody in the line.
    if (waiter.line !== undefined && timesFreed !== this.#timesFreed) this.serve(waiter.line);
  }

  /** Has it wait in that line, or refuses it there. */
  enter(waiter: Waiter, line: SlotLine, refusal: Refusal): void {
    const { weight = 1, client } = waiter.asker;
    const added = line.queue.add(waiter, { client, weight, place: waiter.place }, waiter.bounds.mostWaiting);
    if (added === undefined) {
      this.lines.left(line);
      this.#events.onRefused(waiter, { ...refusal, reason: 'queue-full' });
      return;
    }
    waiter.line = line;
    waiter.ticket = added.ticket;
    waiter.refusal = refusal;
    if (refusal.limit.kind === 'slots') line.limit ??= refusal.limit;
    this.lines.waiting.add(line);
    if (added.displaced !== undefined) this.#displace(added.displaced.item);
    this.#lookSoon();
  }

  /** Ends its waiting, wherever it does. */
  leave(waiter: Waiter): void {
    const { line, ticket } = waiter;
    waiter.line = waiter.ticket = undefined;
    if (line === undefined || ticket === undefined) return;
    line.queue.remove(ticket);
    this.lines.left(line);
  }

  /** Tries those whose turn it is, until one is refused in this line. */
  serve(line: SlotLine): void {
    if (line.isServing) {
      line.isCalledAgain = true;
      return;
    }
    line.isServing = true;
    this.#serveOn(line, 0);
  }

  close(error: () => unknown): void {
    this.#unlisten?.();
    this.#callOffLook?.();
    this.#callOffLook = undefined;
    for (const waiter of this.#unanswered) if (!waiter.isDone) this.#events.onFailed(waiter, error());
    for (const line of this.lines.waiting) {
      for (const { item } of [...line.queue.tickets()]) {
        this.leave(item);
        this.#events.onFailed(item, error());
      }
    }
  }

  #serveOn(line: SlotLine, passedOver: number): void {
    let passed = passedOver;
    for (let ticket = line.queue.first; ticket !== undefined; ticket = line.queue.first) {
      const decision = this.#ask(ticket.item);
      if (isPromise(decision)) {
        const before = passed;
        const decided = decision.then((known) => {
          const more = this.#decided(line, ticket.item, known, before);
          if (more === undefined) this.#served(line);
          else this.#serveOn(line, more);
        });
        void this.underWay.track(decided);
        return;
      }
      const more = this.#decided(line, ticket.item, decision, passed);
      if (more === undefined) break;
      passed = more;
    }
    this.#served(line);
  }

  #served(line: SlotLine): void {
    line.queue.takeUp();
    line.isServing = false;
    if (!line.isCalledAgain) return;
    line.isCalledAgain = false;
    if (line.queue.size > 0) this.serve(line);
  }

  /** @returns undefined where the store failed */
  #ask(waiter: Waiter): Decision | undefined | Promise<Decision | undefined> {
    const failed = (error: unknown) => {
      if (!waiter.isDone) {
        this.leave(waiter);
        this.#events.onFailed(waiter, error);
      }
      return undefined;
    };
    try {
      waiter.demands = this.lines.latest(waiter.demands);
      const decision = this.#store.take(waiter.demands, { ...waiter.asker, line: waiter.line });
      return isPromise(decision) ? decision.catch(failed) : decision;
    } catch (error) {
      return failed(error);
    }
  }

  /** @returns how many were passed over in this round; undefined: it ends here */
  #decided(line: SlotLine, waiter: Waiter, decision: Decision | undefined, passedOver: number): number | undefined {
    if (decision === undefined) return passedOver;
    if (decision.allowed) {
      this.#allowed(line, waiter, decision);
      return passedOver;
    }
    if (waiter.isDone) return passedOver;
    return this.#refusedAgain(line, waiter, decision, passedOver);
  }

  #allowed(line: SlotLine, waiter: Waiter, taken: Taken): void {
    const { ticket } = waiter;
    if (waiter.isDone || ticket === undefined) {
      this.#events.onTooLate(waiter, taken);
      return;
    }
    this.#events.onGranted(waiter, taken);
    line.queue.serve(ticket);
    waiter.line = waiter.ticket = undefined;
    this.lines.left(line);
  }

  #refusedAgain(line: SlotLine, waiter: Waiter, refused: Refused, passedOver: number): number | undefined {
    const { limit, subject } = waiter.demands[refused.by]!;
    const refusal = refusalOf(waiter.demands, refused);
    if (limit.kind === 'rate') {
      this.leave(waiter);
      this.#events.onRefused(waiter, refusal);
      return passedOver;
    }
    if (limit.name !== line.limitName || subject !== line.subject) {
      this.leave(waiter);
      this.enter(waiter, this.lines.open(limit, subject), refusal);
      return passedOver;
    }
    waiter.refusal = refusal;
    // A slot is free, but this client has its part at other processes already: another of ours may not.
    const isFree = refused.standings[refused.by]!.remaining > 0;
    if (!isFree || passedOver >= MOST_PASSED_OVER || waiter.ticket === undefined) return undefined;
    line.queue.passOver(waiter.ticket);
    return passedOver + 1;
  }

  #displace(waiter: Waiter): void {
    waiter.line = waiter.ticket = undefined;
    this.#events.onRefused(waiter, { ...waiter.refusal!, reason: 'queue-full' });
  }

  /** One timer for all lines, and one look for each of these. */
  #lookSoon(): void {
    if (this.#callOffLook !== undefined) return;
    const everyMs = this.#unlisten === undefined ? LOOK_EVERY_MS : LOOK_RARELY_MS;
    const ms = everyMs * (1 + (Math.random() - 0.5) * JITTER);
    this.#callOffLook = this.#clock.after(ms, () => {
      this.#callOffLook = undefined;
      for (const line of [...this.lines.waiting]) this.serve(line);
      if (this.lines.waiting.size > 0) this.#lookSoon();
    });
  }
}

/** What is known of a wait that ended before the store said anything. */
function unanswered({ demands }: Waiter): Omit<Refusal, 'reason'> {
  const { limit, subject } = demands.find(({ limit }) => limit.kind === 'slots') ?? demands[0]!;
  return { allowed: false, limit, subject, retryAfterMs: undefined, standings: [] };
}
