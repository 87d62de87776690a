import type { TrafficStatistics } from '@purser/contracts';
import type { MetricFamily } from '@purser/health';
import { poolMetrics, type PoolStats } from '@purser/pooling/core';
import { rateLimitMetrics, type LimiterStatistics } from '@purser/rate-limiting/core';
import { resilienceMetrics, type DependencyStatistics } from '@purser/resilience/core';

/** What {@link TrafficSources.statistics} tells of a replica. */
export type TrafficOfReplica = Omit<TrafficStatistics, 'service' | 'replica'>;

/** The pools, limiters and dependencies of a replica of a service: whoever opens one adds it, and all are looked into here. */
export class TrafficSources {
  readonly #pools = new Set<() => readonly PoolStats[]>();
  readonly #limiters = new Map<string, () => LimiterStatistics>();
  readonly #dependencies = new Set<() => readonly DependencyStatistics[]>();

  /** Adds what gives the statistics of any number of pools, as they are at the moment. It must not throw. */
  addPools(statistics: () => readonly PoolStats[]): void {
    this.#pools.add(statistics);
  }

  /**
   * The same for a limiter.
   *
   * @param name what it limits: `requests`
   * @throws Error where there is one of that name
   */
  addLimiter(name: string, statistics: () => LimiterStatistics): void {
    if (this.#limiters.has(name)) throw new Error(`There are two limiters of the name ${name}.`);
    this.#limiters.set(name, statistics);
  }

  /** The same for dependencies. */
  addDependencies(statistics: () => readonly DependencyStatistics[]): void {
    this.#dependencies.add(statistics);
  }

  /** All of them, as messages carry it. */
  statistics(): TrafficOfReplica {
    return {
      pools: this.#poolStats().map((stats) => ({ ...stats, health: healthOf(stats) })),
      limiters: Object.fromEntries([...this.#limiters].map(([name, statistics]) => [name, statistics()])),
      dependencies: this.#dependencyStatistics(),
    };
  }

  /** All of them as metrics; one of several limiters is there once for each. */
  metrics(): MetricFamily[] {
    const limiters = [...this.#limiters].flatMap(([limiter, statistics]) =>
      rateLimitMetrics(statistics()).map((metric) => ({
        ...metric,
        samples: metric.samples.map(({ labels, value }) => ({ labels: { limiter, ...labels }, value })),
      })),
    );
    return [...poolMetrics(this.#poolStats()), ...limiters, ...resilienceMetrics(this.#dependencyStatistics())];
  }

  #poolStats(): PoolStats[] {
    return [...this.#pools].flatMap((statistics) => statistics());
  }

  #dependencyStatistics(): DependencyStatistics[] {
    return [...this.#dependencies].flatMap((statistics) => statistics());
  }
}

function healthOf({ health }: PoolStats): TrafficOfReplica['pools'][number]['health'] {
  if (health === null) return null;
  const { healthy, at, tookMs, error } = health;
  const message = error instanceof Error ? error.message : String(error);
  return { healthy, at: new Date(at).toISOString(), tookMs, error: error === undefined ? null : message };
}
