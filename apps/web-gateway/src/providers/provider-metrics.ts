import { MetricSources } from '@purser/health';
import { poolMetrics } from '@purser/pooling';
import { resilienceMetrics } from '@purser/resilience';
import type { ProviderConnections } from './provider-connections.ts';
import type { ProviderResilience } from './provider-resilience.ts';

/** Shows the connections to providers, and how the providers fare, among the gateway's metrics. */
export class ProviderMetrics {
  constructor(connections: ProviderConnections, resilience: ProviderResilience, metrics: MetricSources) {
    metrics.add(() => [...poolMetrics(connections.stats()), ...resilienceMetrics(resilience.statistics())]);
  }
}
