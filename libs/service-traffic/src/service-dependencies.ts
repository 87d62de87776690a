import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { MetricSources, Readiness, type MetricFamily } from '@purser/health';
import { messageTransport, type MessageTransport } from '@purser/messaging';
import type { PoolStats } from '@purser/pooling/core';
import { TrafficSources } from './traffic-sources.ts';

const PING_TIMEOUT_MS = 1_500;

/** What is asked of a service's database. */
export interface ServiceDatabase {
  /** Rejects where it does not answer in time. */
  ping(timeoutMs: number): Promise<void>;
  poolStats(): readonly PoolStats[];
  replicaMetrics(): readonly MetricFamily[];
}

/** What a service with a database has to reach before it is ready, and the pools by which it does. */
class ServiceDependencies {
  constructor(
    readiness: Readiness,
    metrics: MetricSources,
    traffic: TrafficSources,
    database: ServiceDatabase,
    transport: MessageTransport,
  ) {
    readiness.add({ name: 'database', check: () => database.ping(PING_TIMEOUT_MS) });
    readiness.add({ name: 'messages', check: () => refuseUnlessConnected(transport) });
    traffic.addPools(() => database.poolStats());
    metrics.add(() => database.replicaMetrics());
  }
}

/**
 * Has a service's readiness wait for its database and its messages, and shows the database's pools. For the providers of its
 * module; needs `HealthModule`, `MessagingModule` and `ServiceTrafficModule`.
 *
 * @param database what the service's database is injected by
 */
export function serviceDependencies(database: InjectionToken<ServiceDatabase>): FactoryProvider<object> {
  return {
    provide: ServiceDependencies,
    inject: [Readiness, MetricSources, TrafficSources, database, messageTransport],
    useFactory: (...parts: ConstructorParameters<typeof ServiceDependencies>) => new ServiceDependencies(...parts),
  };
}

function refuseUnlessConnected({ status }: MessageTransport): void {
  if (status !== 'connected') throw new Error(`are ${status}`);
}
