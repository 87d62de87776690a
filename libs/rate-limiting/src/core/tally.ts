import { ClientTallies, type ClientTally } from './client-tallies.ts';
import type { Limit } from './limit.ts';
import type { Refusal, RefusalReason } from './limit-exceeded.ts';
import type { LimiterStatistics, LimitStatistics, RefusalCounts } from './statistics.ts';
import type { Standing } from './store.ts';
import { UsedPart, usedPart } from './used-part.ts';
import { WaitTimes } from './wait-times.ts';

/** Of so many decisions for a client one is looked at for the utilisation: to look at each would cost more than to decide. */
const LOOKED_AT = 16;
/** Names are written in code and are few; those beyond are left out. */
const MOST_LIMITS = 256;

class LimitTally {
  readonly kind: Limit['kind'];
  readonly refused = noRefusals();
  readonly used = new UsedPart();

  constructor(kind: Limit['kind']) {
    this.kind = kind;
  }
}

/** How many wait and hold now, by the limit's name. */
export interface InUse {
  readonly waiting: ReadonlyMap<string, number>;
  readonly held: ReadonlyMap<string, number>;
}

/** Counts what a limiter does. */
export class Tally {
  lostLeases = 0;
  lateGrants = 0;
  storeProblems = 0;
  aborted = 0;
  #allowed = 0;
  #queued = 0;
  readonly #refused = noRefusals();
  readonly #waits = new WaitTimes();
  readonly #used = new UsedPart();
  readonly #limits = new Map<string, LimitTally>();
  readonly #clients: ClientTallies;

  constructor(mostClients: number) {
    this.#clients = new ClientTallies(mostClients);
  }

  allowed(client: string | undefined, standings: readonly Standing[]): void {
    this.#allowed += 1;
    const of = client === undefined ? undefined : this.#clients.of(client);
    if (of !== undefined) of.allowed += 1;
    if ((of?.allowed ?? this.#allowed) % LOOKED_AT === 1) this.#look(of, standings);
  }

  queued(client: string): void {
    this.#queued += 1;
    this.#clients.of(client).queued += 1;
  }

  waited(client: string, ms: number): void {
    this.#waits.add(ms);
    this.#clients.of(client).waits.add(ms);
  }

  refused(client: string | undefined, { limit, reason, standings }: Refusal): void {
    this.#refused[reason] += 1;
    const of = client === undefined ? undefined : this.#clients.of(client);
    if (of !== undefined) of.refused += 1;
    const tally = this.#limit(limit);
    if (tally !== undefined) tally.refused[reason] += 1;
    this.#look(of, standings);
  }

  statistics({ waiting, held }: InUse): LimiterStatistics {
    const unseen = [...waiting.keys(), ...held.keys()].filter((name) => !this.#limits.has(name));
    const limits = Object.fromEntries(
      [...this.#limits, ...unseen.map((name) => [name, new LimitTally('slots')] as const)].map(
        ([name, { kind, refused, used }]): [string, LimitStatistics] => {
          const now = { waiting: waiting.get(name) ?? 0, held: held.get(name) ?? 0 };
          return [name, { kind, refused: { ...refused }, ...now, utilisation: used.mean }];
        },
      ),
    );
    return {
      allowed: this.#allowed,
      refused: { ...this.#refused },
      queued: this.#queued,
      waiting: [...waiting.values()].reduce((sum, count) => sum + count, 0),
      aborted: this.aborted,
      waits: this.#waits.statistics(),
      lostLeases: this.lostLeases,
      lateGrants: this.lateGrants,
      storeProblems: this.storeProblems,
      utilisation: this.#used.mean,
      limits,
      clients: this.#clients.statistics(),
      otherClients: this.#clients.others(),
    };
  }

  #look(of: ClientTally | undefined, standings: readonly Standing[]): void {
    let most = -1;
    for (const { limit, remaining } of standings) {
      const used = usedPart(limit, remaining);
      this.#limit(limit)?.used.add(used);
      most = Math.max(most, used);
    }
    if (most < 0) return;
    this.#used.add(most);
    of?.used.add(most);
  }

  #limit({ name, kind }: Limit): LimitTally | undefined {
    const known = this.#limits.get(name);
    if (known !== undefined || this.#limits.size >= MOST_LIMITS) return known;
    const tally = new LimitTally(kind);
    this.#limits.set(name, tally);
    return tally;
  }
}

function noRefusals(): { -readonly [reason in RefusalReason]: RefusalCounts[reason] } {
  return { rate: 0, slots: 0, never: 0, 'queue-full': 0, 'wait-timeout': 0 };
}
