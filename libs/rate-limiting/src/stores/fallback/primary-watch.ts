import type { Clock } from '../../core/clock.ts';
import { rateLimit } from '../../core/limit.ts';
import { LimitStoreError } from '../../core/store-error.ts';
import type { Correction, LimitStore } from '../../core/store.ts';

/** The part of the time between probes that is left to chance, so that processes don't probe all at once. */
const JITTER = 0.4;
/** Writes, as a store that only reads decides nothing: one that is full, or a replica. It is nobody's, and gone in a millisecond. */
const PROBE: readonly Correction[] = [
  { limit: rateLimit('probe', { amount: 1, perMs: 1 }), subject: 'probe', by: 0.5 },
];

/** A primary store went away, or came back. */
export interface AvailabilityChange {
  readonly isAway: boolean;
  /** When it went. */
  readonly awaySince: Date;
  /** What it failed with. Undefined where it came back. */
  readonly error?: unknown;
}

/**
 * Knows whether a store is away: since a call failed, until a probe does not. Only the probe asks a store that is away, one at a
 * time.
 */
export class PrimaryWatch {
  readonly #primary: LimitStore;
  readonly #clock: Clock;
  readonly #probeEveryMs: number;
  readonly #onChange: (change: AvailabilityChange) => void;
  #awaySince: Date | undefined;
  #callOffProbe: (() => void) | undefined;
  #timesAway = 0;
  #failures = 0;
  #isClosed = false;

  constructor(primary: LimitStore, clock: Clock, probeEveryMs: number, onChange: (change: AvailabilityChange) => void) {
    this.#primary = primary;
    this.#clock = clock;
    this.#probeEveryMs = probeEveryMs;
    this.#onChange = onChange;
  }

  get awaySince(): Date | undefined {
    return this.#awaySince;
  }

  get timesAway(): number {
    return this.#timesAway;
  }

  /** Calls that failed, probes among them. */
  get failures(): number {
    return this.#failures;
  }

  /** @param timesAway when the call began: of one from before it came back nothing is known about now */
  failed(error: unknown, timesAway: number): void {
    this.#failures += 1;
    // It answers, if only nonsense, and may know better of what others ask.
    if (error instanceof LimitStoreError && error.reason === 'bad-answer') return;
    if (this.#isClosed || this.#awaySince || timesAway !== this.#timesAway) return;
    this.#timesAway += 1;
    this.#awaySince = new Date();
    this.#probeLater();
    this.#onChange({ isAway: true, awaySince: this.#awaySince, error });
  }

  close(): void {
    this.#isClosed = true;
    this.#callOffProbe?.();
    this.#callOffProbe = undefined;
  }

  #probeLater(): void {
    const ms = this.#probeEveryMs * (1 + (Math.random() - 0.5) * JITTER);
    this.#callOffProbe = this.#clock.after(ms, () => void this.#probe());
  }

  async #probe(): Promise<void> {
    try {
      await this.#primary.correct(PROBE);
    } catch {
      this.#failures += 1;
      if (!this.#isClosed) this.#probeLater();
      return;
    }
    if (this.#isClosed) return;
    const awaySince = this.#awaySince!;
    this.#awaySince = undefined;
    this.#onChange({ isAway: false, awaySince });
  }
}
