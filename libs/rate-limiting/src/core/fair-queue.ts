import { Heap } from './heap.ts';
import type { WaitingClient } from './store.ts';

/** A place in a {@link FairQueue}. */
export interface Ticket<T> {
  readonly item: T;
  readonly client: string;
  /** Among those of its client the lower goes first. */
  readonly place: number;
}

/** Whose turn somebody waits for. */
export interface Turn {
  readonly client: string;
  /** The client's part beside others. Above 0. */
  readonly weight: number;
  /** As a {@link Ticket}'s. */
  readonly place: number;
}

/** Where somebody stands who could be added. */
export interface Added<T> {
  readonly ticket: Ticket<T>;
  /** Who had to give up the place for it. */
  readonly displaced: Ticket<T> | undefined;
}

class Waiting<T> implements Ticket<T> {
  readonly item: T;
  readonly of: Client<T>;
  readonly place: number;
  before: Waiting<T> | undefined;
  after: Waiting<T> | undefined;
  isIn = true;

  constructor(item: T, of: Client<T>, place: number) {
    this.item = item;
    this.of = of;
    this.place = place;
  }

  get client(): string {
    return this.of.name;
  }
}

class Client<T> {
  readonly name: string;
  weight = 1;
  held = 0;
  waiting = 0;
  /** When the service of its next one starts, in virtual time. */
  startsAt = 0;
  isPassedOver = false;
  first: Waiting<T> | undefined;
  last: Waiting<T> | undefined;
  turnIndex = 0;
  crowdIndex = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Who waits for the slots of one subject, fair between clients.
 *
 * The next slot goes to the waiting client that holds the smallest part of them for its weight: max-min fairness, so that one
 * with long calls gets no more slots than others (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, with one resource).
 * Between clients that hold the same, in the order of their start tags: start-time fair queueing, where a client's next start
 * is a turn by its weight after its last, and never before the virtual time (Goyal, Vin, Cheng, "Start-time Fair Queueing",
 * SIGCOMM 1996; for several served at once Jin, Chase, Kaur, "Interposed Proportional Sharing", SIGMETRICS 2004). So a client
 * of weight 1 that holds nothing is served after at most one more of each of the others of that weight; two, where it has
 * itself just been served.
 *
 * Each call costs O(log n) by the number of clients. One that neither waits nor holds takes no room.
 */
export class FairQueue<T> {
  readonly #clients = new Map<string, Client<T>>();
  readonly #turns = new Heap<'turnIndex', Client<T>>('turnIndex', goesBefore);
  readonly #crowds = new Heap<'crowdIndex', Client<T>>('crowdIndex', hasMoreWaiting);
  readonly #passedOver: Client<T>[] = [];
  #virtualTime = 0;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether nobody waits and nobody holds. */
  get isIdle(): boolean {
    return this.#clients.size === 0;
  }

  /** Whose turn it is. */
  get first(): Ticket<T> | undefined {
    const client = this.#turns.first;
    return client === undefined || client.isPassedOver ? undefined : client.first;
  }

  /**
   * Adds one more. Where `most` wait already, it takes the place of the newest of the client of whom most wait, if of its own
   * client at least two fewer do; else it is not added.
   */
  add(item: T, of: Turn, most: number): Added<T> | undefined {
    let displaced: Ticket<T> | undefined;
    if (this.#size >= most) {
      displaced = this.#displaceable(this.#clients.get(of.client)?.waiting ?? 0);
      if (displaced === undefined) return undefined;
      this.remove(displaced);
    }
    const client = this.#client(of.client);
    client.weight = of.weight;
    const ticket = new Waiting(item, client, of.place);
    this.#enqueue(client, ticket);
    return { ticket, displaced };
  }

  /** Ends somebody's waiting; may be called again. */
  remove(ticket: Ticket<T>): void {
    const waiting = ticket as Waiting<T>;
    if (!waiting.isIn) return;
    waiting.isIn = false;
    const client = waiting.of;
    unlink(client, waiting);
    client.waiting -= 1;
    this.#size -= 1;
    if (client.waiting === 0) {
      this.#turns.remove(client);
      this.#crowds.remove(client);
    } else {
      this.#turns.moved(client);
      this.#crowds.moved(client);
    }
    this.#forgetIdle(client);
  }

  /** Its waiting ends with a slot, which {@link hold} was told of already. */
  serve(ticket: Ticket<T>): void {
    const client = (ticket as Waiting<T>).of;
    // A client that was behind while it held much starts from now on, or it would have many turns at once later.
    this.#virtualTime = Math.max(this.#virtualTime, client.startsAt);
    client.startsAt = this.#virtualTime + 1 / client.weight;
    this.remove(ticket);
  }

  /** A client holds one more slot. */
  hold(name: string): void {
    const client = this.#client(name);
    client.held += 1;
    if (client.waiting > 0) this.#turns.moved(client);
  }

  /** A client holds one slot less. */
  free(name: string): void {
    const client = this.#clients.get(name);
    if (client === undefined || client.held === 0) return;
    client.held -= 1;
    if (client.waiting > 0) this.#turns.moved(client);
    this.#forgetIdle(client);
  }

  /** Puts the client whose turn it is behind all others until {@link takeUp}. */
  passOver(ticket: Ticket<T>): void {
    const client = (ticket as Waiting<T>).of;
    if (client.isPassedOver || client.waiting === 0) return;
    client.isPassedOver = true;
    this.#passedOver.push(client);
    this.#turns.moved(client);
  }

  takeUp(): void {
    for (let client = this.#passedOver.pop(); client !== undefined; client = this.#passedOver.pop()) {
      client.isPassedOver = false;
      if (client.waiting > 0) this.#turns.moved(client);
    }
  }

  /** So many of the clients that wait, the one whose turn it is among them. */
  someClients(most: number): readonly WaitingClient[] {
    return this.#turns.some(most).map(({ name, weight, waiting }) => ({ client: name, weight, waiting }));
  }

  /** All that wait, whose turn comes when no matter. */
  *tickets(): Iterable<Ticket<T>> {
    for (const client of this.#clients.values()) {
      for (let waiting = client.first; waiting !== undefined; waiting = waiting.after) yield waiting;
    }
  }

  #client(name: string): Client<T> {
    let client = this.#clients.get(name);
    if (client === undefined) this.#clients.set(name, (client = new Client(name)));
    return client;
  }

  #displaceable(waitingOfOwn: number): Ticket<T> | undefined {
    const crowd = this.#crowds.first;
    return crowd !== undefined && waitingOfOwn + 1 < crowd.waiting ? crowd.last : undefined;
  }

  #enqueue(client: Client<T>, waiting: Waiting<T>): void {
    link(client, waiting);
    client.waiting += 1;
    this.#size += 1;
    if (client.waiting > 1) {
      this.#turns.moved(client);
      this.#crowds.moved(client);
      return;
    }
    client.startsAt = Math.max(client.startsAt, this.#virtualTime);
    this.#turns.add(client);
    this.#crowds.add(client);
  }

  #forgetIdle(client: Client<T>): void {
    if (client.held === 0 && client.waiting === 0) this.#clients.delete(client.name);
  }
}

function goesBefore(one: Client<unknown>, other: Client<unknown>): boolean {
  if (one.isPassedOver !== other.isPassedOver) return other.isPassedOver;
  const oneHolds = one.held / one.weight;
  const otherHolds = other.held / other.weight;
  if (oneHolds !== otherHolds) return oneHolds < otherHolds;
  if (one.startsAt !== other.startsAt) return one.startsAt < other.startsAt;
  return one.first!.place < other.first!.place;
}

function hasMoreWaiting(one: Client<unknown>, other: Client<unknown>): boolean {
  return one.waiting > other.waiting;
}

/** From behind: who comes from another queue may have been waiting for longer than those here. */
function link<T>(client: Client<T>, waiting: Waiting<T>): void {
  let before = client.last;
  while (before !== undefined && before.place > waiting.place) before = before.before;
  const after = before === undefined ? client.first : before.after;
  waiting.before = before;
  waiting.after = after;
  if (before === undefined) client.first = waiting;
  else before.after = waiting;
  if (after === undefined) client.last = waiting;
  else after.before = waiting;
}

function unlink<T>(client: Client<T>, waiting: Waiting<T>): void {
  if (waiting.before === undefined) client.first = waiting.after;
  else waiting.before.after = waiting.after;
  if (waiting.after === undefined) client.last = waiting.before;
  else waiting.after.before = waiting.before;
}
