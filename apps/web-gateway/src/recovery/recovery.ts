import type { Clock } from '../leases/clock.ts';
import { isEnded, type LeaseTransport } from '../leases/lease-session.ts';
import type { UnfinishedAttempt } from '../journal/journal.ts';
import type { Attempts } from '../settlement/attempts.ts';

const AGAIN_MS = 250;

/**
 * Ends this gateway's earlier sessions: what they left in the journal is shipped, measured attempts first, and when all
 * of a session is settled and it has been silent long enough, its leases are given back. New requests are served
 * meanwhile.
 */
export class Recovery {
  readonly #clock: Clock;
  readonly #transport: Pick<LeaseTransport, 'recover'>;
  readonly #attempts: Attempts;
  readonly #recovering = new Set<string>();
  #stopped = false;

  constructor(clock: Clock, transport: Pick<LeaseTransport, 'recover'>, attempts: Attempts) {
    this.#clock = clock;
    this.#transport = transport;
    this.#attempts = attempts;
  }

  /** Ships what earlier runs left. */
  async adopt(unfinished: readonly UnfinishedAttempt[]): Promise<void> {
    const measured = unfinished.filter(({ close }) => close && !close.estimated);
    const others = unfinished.filter(({ close }) => !close || close.estimated);
    await this.#attempts.adopt([...measured, ...others]);
  }

  /** Recovers a session when its time has come; asked twice, once. */
  recover(session: string, waitMs: number): void {
    if (this.#recovering.has(session)) return;
    this.#recovering.add(session);
    this.#later(session, waitMs);
  }

  /** Sessions that are not recovered yet. */
  get pending(): number {
    return this.#recovering.size;
  }

  stop(): void {
    this.#stopped = true;
  }

  #later(session: string, waitMs: number): void {
    this.#clock.after(Math.max(1, waitMs), () => void this.#try(session));
  }

  async #try(session: string): Promise<void> {
    if (this.#stopped) return;
    if (this.#attempts.unsettledOf(session) > 0) return this.#later(session, AGAIN_MS);
    try {
      const { waitMs } = await this.#transport.recover({ session });
      if (waitMs > 0) this.#later(session, waitMs);
      else this.#recovering.delete(session);
    } catch (error) {
      // It is recovered already, or it was abandoned: then only an operator can let go of what it holds.
      if (isEnded(error)) this.#recovering.delete(session);
      else this.#later(session, AGAIN_MS);
    }
  }
}
