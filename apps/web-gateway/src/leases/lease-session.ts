import type { RequestOf, ResponseOf, hello, lease, recover } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from './clock.ts';
import type { LeaseBook, MessageBody } from './lease-book.ts';

/** The budget service's side of the protocol; each call may fail or never be answered. */
export interface LeaseTransport {
  hello(message: RequestOf<typeof hello>): Promise<ResponseOf<typeof hello>>;
  lease(message: RequestOf<typeof lease>): Promise<ResponseOf<typeof lease>>;
  recover(message: RequestOf<typeof recover>): Promise<ResponseOf<typeof recover>>;
}

/** What the session needs of the gateway around it. */
export interface SessionSurroundings {
  readonly gatewayId: string;
  /** Whether every open of earlier runs is in the journal: no power was lost in between. */
  readonly trusted: () => boolean;
  /** The configuration version that is in force here. */
  readonly configVersion: () => number;
  /** The budget service accepted the session. */
  readonly onAccepted: (olds: readonly { session: string; waitMs: number }[]) => void;
  readonly onConfigVersion: (version: number) => void;
  /** The budget service can make nothing of a message, and it is given up: a fault in one of the two. */
  readonly onRefused: (error: DomainError) => void;
}

const HEARTBEAT_MS = 500;
const REPEAT_MS = 100;
const SWEEP_MS = 250;

/**
 * Speaks for the gateway: says hello, keeps the session alive, asks for what the book needs and gives back what it can
 * spare. One lease message is in flight at a time; it is repeated as it is until it is answered.
 */
export class LeaseSession {
  readonly #clock: Clock;
  readonly #book: LeaseBook;
  readonly #transport: LeaseTransport;
  readonly #around: SessionSurroundings;
  #session = '';
  #accepted = false;
  #seq = 0;
  #inFlight = false;
  #sentAt = -Infinity;
  #sayVersion = false;
  #stopped = false;
  #pumpDue = false;
  #cancelTimer: () => void = () => undefined;
  #cancelSweep: () => void = () => undefined;

  constructor(clock: Clock, book: LeaseBook, transport: LeaseTransport, around: SessionSurroundings) {
    this.#clock = clock;
    this.#book = book;
    this.#transport = transport;
    this.#around = around;
    book.onWork = () => this.#pumpSoon();
  }

  get id(): string {
    return this.#session;
  }

  /** Whether the budget service has accepted this session. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Begins the first session. Resolves when the budget service accepted it; it is asked until it does. */
  async start(): Promise<void> {
    this.#sweepLater();
    await this.#begin();
  }

  /** Ends all sending; what is held stays held until the session is recovered. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#cancelSweep();
  }

  /** The configuration version changed: it is acknowledged at once, not at the next heartbeat. */
  acknowledgeVersion(): void {
    this.#sayVersion = true;
    this.#pumpSoon();
  }

  async #begin(): Promise<void> {
    this.#accepted = false;
    this.#inFlight = false;
    this.#session = uuidv7();
    this.#seq = 0;
    this.#book.begin(this.#session);
    const { gatewayId } = this.#around;
    const session = this.#session;
    const message = { gatewayId, session, trusted: this.#around.trusted() };
    const answer = await this.#repeat(() => this.#transport.hello(message));
    if (answer === 'fenced') return this.#begin();
    if (!answer || this.#session !== session) return;
    if (answer instanceof DomainError) {
      this.#around.onRefused(answer);
      this.#clock.after(HEARTBEAT_MS, () => void this.#begin());
      return;
    }
    this.#accepted = true;
    this.#around.onAccepted(answer.value.olds);
    this.#around.onConfigVersion(answer.value.configVersion);
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#pumpDue || this.#stopped) return;
    this.#pumpDue = true;
    this.#clock.defer(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#stopped || this.#inFlight || !this.#accepted) return;
    const now = this.#clock.now();
    const heartbeatDue = now - this.#sentAt >= HEARTBEAT_MS;
    const body = this.#book.nextMessage();
    if (body || heartbeatDue || this.#sayVersion) void this.#send(body ?? { needs: [], returns: [] });
    else this.#pumpLater(now);
  }

  #pumpLater(now: number): void {
    this.#cancelTimer();
    const dueAt = Math.min(this.#sentAt + HEARTBEAT_MS, this.#book.nextDue());
    this.#cancelTimer = this.#clock.after(Math.max(1, dueAt - now), () => this.#pumpSoon());
  }

  async #send(body: MessageBody): Promise<void> {
    this.#inFlight = true;
    this.#sayVersion = false;
    this.#cancelTimer();
    this.#sentAt = this.#clock.now();
    const session = this.#session;
    const message = { session, seq: (this.#seq += 1), ...body, configVersion: this.#around.configVersion() };
    const answer = await this.#repeat(() => this.#transport.lease(message));
    if (this.#session !== session) return;
    this.#inFlight = false;
    if (!answer) return;
    if (answer instanceof DomainError) {
      this.#around.onRefused(answer);
      this.#book.refuse(answer);
      return this.#pump();
    }
    if (answer === 'fenced' || 'fenced' in answer.value) return this.#begin();
    this.#book.apply(answer.value, body, answer.sentAt);
    this.#around.onConfigVersion(answer.value.configVersion);
    this.#pump();
  }

  /**
   * Sends the same again every 100 ms until one sending is answered, and says when that one was sent. `fenced`: the
   * session has ended. An error: the message can't succeed, however often it is sent. Undefined: stopped.
   */
  #repeat<T>(send: () => Promise<T>): Promise<{ value: T; sentAt: number } | 'fenced' | DomainError | undefined> {
    return new Promise((resolve) => {
      let done = false;
      const attempt = (): void => {
        if (done) return;
        if (this.#stopped) return resolve(undefined);
        const sentAt = this.#clock.now();
        const finish = (result: { value: T; sentAt: number } | 'fenced' | DomainError): void => {
          if (done) return;
          done = true;
          cancel();
          resolve(result);
        };
        const cancel = this.#clock.after(REPEAT_MS, attempt);
        send().then(
          (value) => finish({ value, sentAt }),
          (error: unknown) => {
            if (isEnded(error)) finish('fenced');
            else if (isFinal(error)) finish(error);
            // Any other failure is the same as no answer: the next sending follows.
          },
        );
      };
      attempt();
    });
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => {
      this.#book.sweep();
      this.#sweepLater();
    });
  }
}

/** The budget service says that the session has ended; a conflict of any other kind passes. */
export function isEnded(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'conflict' && error.details['session'] !== undefined;
}

/** Sent again unchanged it would fail again. */
function isFinal(error: unknown): error is DomainError {
  return error instanceof DomainError && (error.kind === 'invalid' || error.kind === 'too-large');
}
