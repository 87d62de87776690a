import type { SlotLimit } from '../../core/limit.ts';
import type { SlotHold } from '../../core/store.ts';

/** Subjects looked at for ended leases with each new subject. */
const SWEPT_AT_ONCE = 2;
/** What is guessed of a slot that nobody gave back yet. */
const FIRST_GUESS_MS = 1_000;
/** The part that the latest of the holding times has in their mean. */
const LATEST = 1 / 8;

/** A lease as the store keeps it; whoever holds it sees a {@link SlotHold}. */
class Lease implements SlotHold {
  readonly limit: SlotLimit;
  readonly subject: string;
  readonly lease: string;

  readonly #links: Links;

  constructor(limit: SlotLimit, subject: string, lease: string, links: Links) {
    this.limit = limit;
    this.subject = subject;
    this.lease = lease;
    this.#links = links;
  }

  static linksOf(hold: SlotHold): Links | undefined {
    return hold instanceof Lease ? hold.#links : undefined;
  }
}

/** Where a lease is among those of its subject; private to the lease, so that a hold prints and compares as what it says. */
class Links {
  hold!: Lease;
  takenAt: number;
  endsAt: number;
  /** Undefined once it was given back, or had ended. */
  of: Leases | undefined;
  before: Links | undefined;
  after: Links | undefined;

  constructor(of: Leases, now: number, leaseMs: number) {
    this.of = of;
    this.takenAt = now;
    this.endsAt = now + leaseMs;
  }
}

/** The leases of one subject, those that end first in front. */
class Leases {
  readonly subject: string;
  readonly home: Map<string, Leases>;
  /** Where it is in the list of all. */
  place = 0;
  first: Links | undefined;
  last: Links | undefined;
  count = 0;
  heldMs = FIRST_GUESS_MS;

  constructor(subject: string, home: Map<string, Leases>) {
    this.subject = subject;
    this.home = home;
  }

  /** From behind: what is new ends last, but where the limit's lease became shorter. */
  insert(links: Links): void {
    let before = this.last;
    while (before !== undefined && before.endsAt > links.endsAt) before = before.before;
    const after = before === undefined ? this.first : before.after;
    links.before = before;
    links.after = after;
    if (before === undefined) this.first = links;
    else before.after = links;
    if (after === undefined) this.last = links;
    else after.before = links;
    this.count += 1;
  }

  remove(links: Links): void {
    if (links.before === undefined) this.first = links.after;
    else links.before.after = links.after;
    if (links.after === undefined) this.last = links.before;
    else links.after.before = links.before;
    links.before = links.after = undefined;
    this.count -= 1;
  }

  find(lease: string): Links | undefined {
    let links = this.first;
    while (links !== undefined && links.hold.lease !== lease) links = links.after;
    return links;
  }
}

/** Who holds which slots. A subject of which nothing is held takes no room. */
export class LeaseBook {
  readonly #byName = new Map<string, Map<string, Leases>>();
  readonly #all: Leases[] = [];
  /** Leases are unique among processes by it, and in this one by the number that follows. */
  readonly #process = `${crypto.randomUUID()}:`;
  #given = 0;
  #cursor = 0;

  /** Slots held, but for those of subjects whose leases ended and nobody asked after. */
  get subjects(): number {
    return this.#all.length;
  }

  held(limit: SlotLimit, subject: string, now: number): number {
    const leases = this.#find(limit, subject);
    if (leases === undefined) return 0;
    this.#freeEnded(leases, now);
    return leases.count;
  }

  /** When one may come free, by how long they were held so far. */
  guessMs(limit: SlotLimit, subject: string): number {
    return Math.min(limit.leaseMs, this.#find(limit, subject)?.heldMs ?? 0);
  }

  take(limit: SlotLimit, subject: string, now: number): SlotHold {
    const leases = this.#find(limit, subject) ?? this.#open(limit, subject, now);
    const links = new Links(leases, now, limit.leaseMs);
    this.#given += 1;
    links.hold = new Lease(limit, subject, this.#process + this.#given, links);
    leases.insert(links);
    return links.hold;
  }

  release(hold: SlotHold, now: number): void {
    const links = this.#linksOf(hold);
    const leases = links?.of;
    if (links === undefined || leases === undefined) return;
    leases.heldMs += (now - links.takenAt - leases.heldMs) * LATEST;
    this.#end(leases, links);
  }

  /** @returns whether it was still held */
  renew(hold: SlotHold, now: number): boolean {
    const links = this.#linksOf(hold);
    const leases = links?.of;
    if (links === undefined || leases === undefined) return false;
    if (links.endsAt <= now) {
      this.#end(leases, links);
      return false;
    }
    leases.remove(links);
    links.endsAt = now + hold.limit.leaseMs;
    leases.insert(links);
    return true;
  }

  reset(limit: SlotLimit, subject: string): void {
    const leases = this.#find(limit, subject);
    while (leases?.first !== undefined) this.#end(leases, leases.first);
  }

  #find(limit: SlotLimit, subject: string): Leases | undefined {
    return this.#byName.get(limit.name)?.get(subject);
  }

  /** A hold may be another object that says the same, as after a way through JSON. */
  #linksOf(hold: SlotHold): Links | undefined {
    return Lease.linksOf(hold) ?? this.#find(hold.limit, hold.subject)?.find(hold.lease);
  }

  #open(limit: SlotLimit, subject: string, now: number): Leases {
    this.#sweep(now);
    let home = this.#byName.get(limit.name);
    if (home === undefined) this.#byName.set(limit.name, (home = new Map<string, Leases>()));
    const leases = new Leases(subject, home);
    leases.place = this.#all.push(leases) - 1;
    home.set(subject, leases);
    return leases;
  }

  #end(leases: Leases, links: Links): void {
    leases.remove(links);
    links.of = undefined;
    if (leases.count > 0) return;
    leases.home.delete(leases.subject);
    const last = this.#all.pop()!;
    if (last === leases) return;
    this.#all[leases.place] = last;
    last.place = leases.place;
  }

  #freeEnded(leases: Leases, now: number): void {
    while (leases.first !== undefined && leases.first.endsAt <= now) this.#end(leases, leases.first);
  }

  /** Subjects that nobody asks after any more would stay for good. */
  #sweep(now: number): void {
    for (let looked = 0; looked < SWEPT_AT_ONCE && this.#all.length > 0; looked += 1) {
      this.#cursor = this.#cursor + 1 < this.#all.length ? this.#cursor + 1 : 0;
      this.#freeEnded(this.#all[this.#cursor]!, now);
    }
  }
}
