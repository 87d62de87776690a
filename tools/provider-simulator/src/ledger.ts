import { NO_TOKENS, billNanos } from './money.ts';
import type { Prices, Tokens } from './money.ts';

/**
 * How a request ended: `completed`, answered with an `error`, the connection `dropped` by the simulator, or `aborted` by
 * the client.
 */
export type Outcome = 'completed' | 'error' | 'dropped' | 'aborted';

/** One request on the bill. */
export interface LedgerEntry extends Tokens {
  /** Number of the request since the start or the last reset. */
  readonly id: number;
  readonly at: string;
  /** The request's `x-request-id`, if it had one. */
  readonly requestId: string | null;
  /** The request's `x-purser-usage-id`, if it had one. */
  readonly usageId: string | null;
  readonly model: string | null;
  readonly stream: boolean;
  /** The status that was sent; null when the connection ended before any. */
  readonly status: number | null;
  readonly outcome: Outcome;
  readonly fault: string | null;
  /** What is billed, in nano-dollars. */
  readonly costNanos: string;
}

/** Exact sums over all requests, also over those whose entries are gone. */
export interface LedgerTotals extends Tokens {
  readonly requests: number;
  readonly costNanos: string;
  readonly byOutcome: Readonly<Record<Outcome, number>>;
  /** Requests that are being answered now. */
  readonly inFlight: number;
  /** The most that were being answered at once. */
  readonly peakInFlight: number;
}

/** The bill: the latest entries, oldest first, and the totals. */
export interface LedgerView {
  readonly entries: readonly LedgerEntry[];
  readonly totals: LedgerTotals;
}

/** What a request reports when it ends. */
export type Settlement = Omit<LedgerEntry, 'id' | 'at' | 'costNanos' | keyof Tokens> & {
  readonly tokens: Tokens;
  readonly prices: Prices | undefined;
};

const NO_OUTCOMES = { completed: 0, error: 0, dropped: 0, aborted: 0 };

/** What the simulator would bill. Keeps a bounded number of entries; the totals stay exact. */
export class Ledger {
  readonly #capacity: number;
  /** A ring: `#next` is where the next entry goes, over the oldest once all places are taken. */
  #entries: LedgerEntry[] = [];
  #next = 0;
  #settled = 0;
  #inFlight = 0;
  #peakInFlight = 0;
  #costNanos = 0n;
  #tokens: Tokens = NO_TOKENS;
  #byOutcome: Record<Outcome, number> = { ...NO_OUTCOMES };
  /** Raised by `clear`, so that what began before it is not billed after it. */
  #generation = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A request begins. The function that it answers puts the request on the bill; only its first call counts. */
  open(): (settlement: Settlement) => void {
    this.#inFlight++;
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#inFlight);
    const generation = this.#generation;
    let open = true;
    return (settlement) => {
      if (!open) return;
      open = false;
      this.#inFlight--;
      if (generation === this.#generation) this.#settle(settlement);
    };
  }

  /** Adds requests that have no entries of their own: all completed, each with these tokens. */
  addCompleted(requests: number, tokens: Tokens, prices: Prices): void {
    this.#settled += requests;
    this.#byOutcome.completed += requests;
    this.#costNanos += BigInt(requests) * billNanos(tokens, prices);
    this.#addTokens(tokens, requests);
  }

  /** The latest entries, at most `limit` of them, and the totals. */
  view(limit = this.#capacity): LedgerView {
    const start = this.#entries.length < this.#capacity ? 0 : this.#next;
    const ordered = [...this.#entries.slice(start), ...this.#entries.slice(0, start)];
    return {
      entries: limit === 0 ? [] : ordered.slice(-limit),
      totals: {
        requests: this.#settled,
        ...this.#tokens,
        costNanos: this.#costNanos.toString(),
        byOutcome: { ...this.#byOutcome },
        inFlight: this.#inFlight,
        peakInFlight: this.#peakInFlight,
      },
    };
  }

  /** Forgets everything but the requests in flight, which won't be billed. */
  clear(): void {
    this.#generation++;
    this.#entries = [];
    this.#next = 0;
    this.#settled = 0;
    this.#peakInFlight = this.#inFlight;
    this.#costNanos = 0n;
    this.#tokens = NO_TOKENS;
    this.#byOutcome = { ...NO_OUTCOMES };
  }

  #settle({ tokens, prices, ...rest }: Settlement): void {
    this.#settled++;
    const costNanos = prices === undefined ? 0n : billNanos(tokens, prices);
    this.#costNanos += costNanos;
    this.#byOutcome[rest.outcome]++;
    this.#addTokens(tokens, 1);
    const at = new Date().toISOString();
    this.#entries[this.#next] = { id: this.#settled, at, ...rest, ...tokens, costNanos: costNanos.toString() };
    this.#next = (this.#next + 1) % this.#capacity;
  }

  #addTokens(tokens: Tokens, times: number): void {
    this.#tokens = {
      promptTokens: this.#tokens.promptTokens + tokens.promptTokens * times,
      cachedTokens: this.#tokens.cachedTokens + tokens.cachedTokens * times,
      completionTokens: this.#tokens.completionTokens + tokens.completionTokens * times,
    };
  }
}
