import type { ClientStatistics } from './statistics.ts';
import { UsedPart } from './used-part.ts';
import { WaitTimes } from './wait-times.ts';

/** What one client did. */
export class ClientTally {
  readonly client: string;
  allowed = 0;
  refused = 0;
  queued = 0;
  readonly waits = new WaitTimes();
  readonly used = new UsedPart();
  /** Calls since it was last looked at as one to go, and half of those before. */
  recent = 0;

  constructor(client: string) {
    this.client = client;
  }
}

/**
 * Counts by client, of at most so many. Where there are more, each call of another client halves the recent calls of one that
 * is kept, in turn, and takes its place where none are left: the clock of page replacement, by which those that call more
 * often than others stay.
 */
export class ClientTallies {
  readonly #most: number;
  readonly #byClient = new Map<string, ClientTally>();
  readonly #all: ClientTally[] = [];
  readonly #others = new ClientTally('');
  #hand = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** The one that counts this client's call. */
  of(client: string): ClientTally {
    const tally = this.#byClient.get(client) ?? this.#admit(client);
    tally.recent += 1;
    return tally;
  }

  statistics(): Record<string, ClientStatistics> {
    const counts = this.#all.map(
      ({ client, allowed, refused, queued, waits, used }) =>
        [client, { allowed, refused, queued, waits: waits.statistics(), utilisation: used.mean }] as const,
    );
    return Object.fromEntries(counts);
  }

  others(): Omit<ClientStatistics, 'waits' | 'utilisation'> {
    const { allowed, refused, queued } = this.#others;
    return { allowed, refused, queued };
  }

  #admit(client: string): ClientTally {
    if (this.#all.length < this.#most) return this.#put(client, this.#all.length);
    this.#hand = (this.#hand + 1) % this.#most;
    const kept = this.#all[this.#hand]!;
    kept.recent >>>= 1;
    if (kept.recent > 0) return this.#others;
    this.#byClient.delete(kept.client);
    this.#others.allowed += kept.allowed;
    this.#others.refused += kept.refused;
    this.#others.queued += kept.queued;
    return this.#put(client, this.#hand);
  }

  #put(client: string, index: number): ClientTally {
    const tally = new ClientTally(client);
    this.#byClient.set(client, tally);
    this.#all[index] = tally;
    return tally;
  }
}
