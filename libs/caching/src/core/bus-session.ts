import type { InvalidationBus } from './bus.ts';
import {
  busMessage,
  inPieces,
  TOGETHER,
  type BusMessage,
  type HeartbeatMessage,
  type InvalidationMessage,
  type ReceiptMessage,
} from './bus-messages.ts';
import type { Clock } from './clock.ts';
import type { Invalidation } from './invalidation.ts';
import { checkedBus } from './check-parts.ts';
import { Receipts } from './receipts.ts';
import { Senders } from './senders.ts';
import type { BusStatistics } from './statistics.ts';
import { within } from './options.ts';
import { waitFor, WaitedTooLong } from './wait-for.ts';

export interface BusOptions {
  readonly bus: InvalidationBus;
  /** Between two heartbeats. Default 1 000. */
  readonly heartbeatMs?: number;
  /**
   * The bound on staleness: how old the last sign that messages arrive may be before memory is no longer read. At least three
   * heartbeats. Default 5 000.
   */
  readonly silenceMs?: number;
  /** How long an invalidation waits to come back to its sender before it is taken as sent. Default 1 000. */
  readonly confirmMs?: number;
}

export interface BusSessionContext {
  readonly replica: string;
  readonly clock: Clock;
  /** Another replica invalidated something. Resolves when that holds here. */
  readonly onInvalidation: (message: InvalidationMessage) => Promise<void>;
  /** What others may have invalidated unheard; undefined: anything. @returns the namespaces that were read here meanwhile */
  readonly onMissed: (namespaces: readonly string[] | undefined) => readonly string[];
  /** From now on what is sent arrives, or is missed. */
  readonly onFirstTrusted: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** Heartbeats that are on their way: a bus that takes longer has been silent anyway. */
const MAX_BEATS = 64;
/** Replicas whose receipts are waited for: each receipt goes to everybody. */
const MAX_RECEIPTS = 64;
/** Namespaces whose messages are counted each apart, so that heartbeats stay small; those of others are counted together. */
const MAX_APART = 1_000;
const SUBSCRIBE_TIMEOUT_MS = 10_000;
const NOBODY: readonly string[] = [];

/**
 * This replica at the bus. Every message has a number, by sender and namespace, and heartbeats tell the latest, so that what
 * is lost is missed. A replica hears its own messages too. That its own heartbeat came back shows that it had heard, by then,
 * what the bus took before that was sent: until `silenceMs` after the sending, memory may be trusted.
 */
export class BusSession {
  readonly #bus: InvalidationBus;
  readonly #context: BusSessionContext;
  readonly #heartbeatMs: number;
  readonly #silenceMs: number;
  readonly #confirmMs: number;
  readonly #senders = new Senders();
  readonly #seqs = new Map<string, number>();
  readonly #sentBeats = new Map<number, number>();
  readonly #receipts = new Receipts();
  #beat = 0;
  #trustedUntil = -Infinity;
  #wasTrusted = false;
  #timer: NodeJS.Timeout | undefined;
  #leave: (() => void) | undefined;
  #closed = false;
  #published = 0;
  #received = 0;
  #unconfirmed = 0;
  /** Of these it may have given others what it should have known to be old: they are told with the next heartbeat. */
  readonly #toTakeBack = new Set<string>();
  #gaps = 0;
  #silences = 0;
  #errors = 0;

  constructor(options: BusOptions, context: BusSessionContext) {
    this.#bus = checkedBus(options.bus);
    this.#context = context;
    this.#heartbeatMs = within('bus.heartbeatMs', options.heartbeatMs ?? 1_000, 1, 60_000);
    this.#silenceMs = within('bus.silenceMs', options.silenceMs ?? 5_000, 3 * this.#heartbeatMs, 600_000);
    this.#confirmMs = within('bus.confirmMs', options.confirmMs ?? 1_000, 0, 60_000);
  }

  /** Until when memory may be trusted, by the clock. */
  get trustedUntil(): number {
    return this.#trustedUntil;
  }

  /** Begins to listen and to be heard. Rejects where it can't subscribe within 10 s. */
  async open(): Promise<void> {
    this.#leave = await this.#subscribe();
    this.#sendBeat();
    this.#timer = setInterval(() => this.#tick(), this.#heartbeatMs);
    this.#timer.unref();
  }

  /**
   * Tells all replicas. Resolves when it has come back to this one, and the others that were heard of late have said that it
   * holds there, or after `confirmMs`. Of more than 64 others nobody is waited for.
   */
  async publish(namespace: string, invalidation: Invalidation, applied: boolean): Promise<void> {
    const { names } = this.#senders;
    const others = names.length > MAX_RECEIPTS ? NOBODY : names;
    await Promise.all(inPieces(invalidation).map((piece) => this.#publishPiece(namespace, piece, applied, others)));
  }

  statistics(): BusStatistics {
    return {
      state: this.#context.clock.now() < this.#trustedUntil ? 'connected' : 'silent',
      others: this.#senders.names,
      published: this.#published,
      received: this.#received,
      unconfirmed: this.#unconfirmed,
      gaps: this.#gaps,
      silences: this.#silences,
      errors: this.#errors,
    };
  }

  /** Says that it leaves, and listens no more. Nothing waits for its way back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    if (this.#timer !== undefined) this.#sendBeat(true);
    try {
      this.#leave?.();
    } catch (error) {
      this.#failed(error);
    }
    this.#receipts.end();
  }

  /** @param others whose receipts are waited for */
  async #publishPiece(
    namespace: string,
    invalidation: Invalidation,
    applied: boolean,
    others: readonly string[],
  ): Promise<void> {
    const together = !this.#seqs.has(namespace) && this.#seqs.size >= MAX_APART;
    const seq = this.#nextSeq(together ? TOGETHER : namespace);
    const message: InvalidationMessage = {
      type: 'invalidation',
      from: this.#context.replica,
      namespace,
      seq,
      invalidation,
      applied,
      wantsReceipt: others.length > 0,
      ...(together && { together }),
    };
    const heard = this.#whenHeard(`${namespace}\0${seq}`, others);
    this.#published += 1;
    // Where it fails, or never ends, the next heartbeat tells the others that they have missed something.
    void this.#send(message);
    await heard;
  }

  async #subscribe(): Promise<() => void> {
    const subscribing = Promise.resolve(this.#bus.subscribe((message) => this.#take(message)));
    try {
      return await waitFor(subscribing, SUBSCRIBE_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof WaitedTooLong)) throw error;
      // What comes of it after all is ended at once.
      void subscribing.then((leave) => leave()).catch(() => {});
      throw new Error(`the bus could not be subscribed to within ${SUBSCRIBE_TIMEOUT_MS} ms`, { cause: error });
    }
  }

  #nextSeq(counted: string): number {
    const seq = (this.#seqs.get(counted) ?? 0) + 1;
    this.#seqs.set(counted, seq);
    return seq;
  }

  /** Resolves when the message holds in all replicas that are known, or after `confirmMs`. */
  async #whenHeard(id: string, others: readonly string[]): Promise<void> {
    if (this.#closed) return;
    const isHeard = await this.#receipts.await(id, [this.#context.replica, ...others], this.#confirmMs);
    if (!isHeard) this.#unconfirmed += 1;
  }

  async #send(message: BusMessage): Promise<void> {
    try {
      await this.#bus.publish(message);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#errors += 1;
    this.#context.onProblem(error);
  }

  #sendBeat(last = false): void {
    const beat = ++this.#beat;
    this.#sentBeats.set(beat, this.#context.clock.now());
    if (this.#sentBeats.size > MAX_BEATS) this.#sentBeats.delete(this.#sentBeats.keys().next().value!);
    const seqs = Object.fromEntries(this.#seqs);
    void this.#send({ type: 'heartbeat', from: this.#context.replica, beat, seqs, ...(last && { last }) });
  }

  #tick(): void {
    const now = this.#context.clock.now();
    // Of a replica that went silent nobody knows what it says where it can't be heard. The next look is a heartbeat from now.
    if (now < this.#trustedUntil) this.#missed(this.#senders.forgetSilent(now, this.#silenceMs - this.#heartbeatMs));
    this.#takeBack();
    this.#sendBeat();
  }

  #takeBack(): void {
    for (const namespace of this.#toTakeBack) void this.#publishPiece(namespace, { kind: 'all' }, true, NOBODY);
    this.#toTakeBack.clear();
  }

  #take(received: unknown): void {
    const message = busMessage(received);
    if (message === undefined) {
      this.#errors += 1;
      return;
    }
    const isOwn = message.from === this.#context.replica;
    if (message.type === 'heartbeat') return isOwn ? this.#ownBeat(message) : this.#beatOf(message);
    if (message.type === 'receipt') return this.#receipt(message);
    if (isOwn) return this.#receipts.received(`${message.namespace}\0${message.seq}`, message.from);
    void this.#invalidationOf(message);
  }

  #receipt({ from, to, namespace, seq }: ReceiptMessage): void {
    if (to === this.#context.replica) this.#receipts.received(`${namespace}\0${seq}`, from);
  }

  async #invalidationOf(message: InvalidationMessage): Promise<void> {
    this.#received += 1;
    const counted = message.together === true ? TOGETHER : message.namespace;
    const isGap = this.#senders.heard(message.from, counted, message.seq, this.#context.clock.now());
    const holds = this.#context.onInvalidation(message);
    if (isGap) this.#missed([counted]);
    if (!message.wantsReceipt) return;
    await holds;
    const { from: to, namespace, seq } = message;
    void this.#send({ type: 'receipt', from: this.#context.replica, to, namespace, seq });
  }

  #beatOf({ from, seqs, last = false }: HeartbeatMessage): void {
    this.#missed(this.#senders.told(from, seqs, this.#context.clock.now()));
    if (!last) return;
    this.#senders.forget(from);
    this.#receipts.gone(from);
  }

  #ownBeat({ beat }: HeartbeatMessage): void {
    const sentAt = this.#sentBeats.get(beat);
    if (sentAt === undefined) return;
    this.#sentBeats.delete(beat);
    const now = this.#context.clock.now();
    const until = sentAt + this.#silenceMs;
    // One that took that long shows nothing of now.
    if (until <= now) return;
    if (now >= this.#trustedUntil) this.#heardAgain();
    this.#trustedUntil = Math.max(this.#trustedUntil, until);
  }

  #heardAgain(): void {
    if (this.#wasTrusted) {
      this.#silences += 1;
      this.#senders.forgetAll();
      this.#drop(undefined);
    } else {
      this.#context.onFirstTrusted();
    }
    this.#wasTrusted = true;
  }

  #missed(namespaces: readonly string[]): void {
    if (namespaces.length === 0) return;
    this.#gaps += 1;
    // Of which it was that is missing of those that are counted together nobody knows.
    this.#drop(namespaces.includes(TOGETHER) ? undefined : namespaces);
  }

  /** At most one message for each namespace and heartbeat, however much is lost. */
  #drop(namespaces: readonly string[] | undefined): void {
    for (const namespace of this.#context.onMissed(namespaces)) this.#toTakeBack.add(namespace);
  }
}
