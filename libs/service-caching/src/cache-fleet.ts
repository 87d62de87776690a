import type { Caches, Invalidation } from '@purser/caching';
import { cacheNamespaces, type CacheStatisticsOfAll, type CacheStatisticsOfReplica } from '@purser/contracts';
import { askFleet, type MessageTransport } from '@purser/messaging';
import { cacheStatisticsQuestion } from './statistics.responder.ts';

export interface CacheFleetOptions {
  /** How long replicas that were heard of late are waited for. Default 1 000. */
  readonly timeoutMs?: number;
}

/** Nobody has a namespace of that name. */
export class UnknownNamespace extends Error {
  override readonly name = 'UnknownNamespace';

  /** @param namespaces those that there are, sorted */
  constructor(
    namespace: string,
    readonly namespaces: readonly string[],
  ) {
    super(`There is no namespace "${namespace}".`);
  }
}

const SHARED: readonly string[] = Object.values(cacheNamespaces);

/** The caches of all replicas of all services, as one of them sees them. */
export class CacheFleet {
  readonly #caches: Caches;
  readonly #transport: MessageTransport;
  readonly #timeoutMs: number;

  constructor(caches: Caches, transport: MessageTransport, { timeoutMs = 1_000 }: CacheFleetOptions = {}) {
    this.#caches = caches;
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /** What every replica counts. Those that were heard of late and did not answer in time are named. */
  async statistics(): Promise<CacheStatisticsOfAll> {
    const expected = new Set([this.#caches.replica, ...(this.#caches.statistics().bus?.others ?? [])]);
    const { answers, unanswered } = await askFleet(this.#transport, cacheStatisticsQuestion, {
      expected,
      timeoutMs: this.#timeoutMs,
    });
    const byName = (a: CacheStatisticsOfReplica, b: CacheStatisticsOfReplica): number =>
      a.service.localeCompare(b.service) || a.replica.localeCompare(b.replica);
    const data = answers.map(({ statistics }) => statistics).toSorted(byName);
    return { totals: totalsOf(data), data, unanswered: [...unanswered] };
  }

  /**
   * Forgets in every replica what the invalidation concerns: in one namespace, or in all that services share and that a
   * replica has told of. Those that are local to their process are left alone.
   *
   * @returns the namespaces
   * @throws UnknownNamespace where all replicas answered, and none has the one that is named
   */
  async invalidate(invalidation: Invalidation, namespace?: string): Promise<readonly string[]> {
    const namespaces = await this.#concerned(namespace);
    await Promise.all(namespaces.map((each) => this.#caches.invalidate(each, invalidation)));
    return namespaces;
  }

  async #concerned(namespace: string | undefined): Promise<readonly string[]> {
    // Redis may have what no replica that runs has asked for yet.
    if (namespace !== undefined && SHARED.includes(namespace)) return [namespace];
    const { data, unanswered } = await this.statistics();
    const told = data.flatMap(({ namespaces }) => Object.entries(namespaces).filter(([, { local }]) => !local));
    const all = [...new Set([...SHARED, ...told.map(([name]) => name)])].toSorted();
    if (namespace === undefined) return all;
    // Who did not answer may have it.
    if (all.includes(namespace) || unanswered.length > 0) return [namespace];
    throw new UnknownNamespace(namespace, all);
  }
}

function totalsOf(data: readonly CacheStatisticsOfReplica[]): CacheStatisticsOfAll['totals'] {
  const totals = {
    ...{ hits: 0, misses: 0, staleServed: 0, stampedesJoined: 0, loads: 0 },
    ...{ loadErrors: 0, notModified: 0, badCalls: 0, invalidations: 0 },
  };
  for (const counts of data.flatMap(({ namespaces }) => Object.values(namespaces))) {
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += counts[name];
  }
  const asked = totals.hits + totals.misses;
  return { ...totals, hitRate: asked === 0 ? null : totals.hits / asked };
}
