import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { MetricSources, Readiness } from '@purser/health';
import { messageTransport, type MessageTransport } from '@purser/messaging';
import { TrafficSources } from '@purser/service-traffic';

const PING_TIMEOUT_MS = 1_500;

/** What the service has to reach before it is ready, and the pools by which it does. */
@Injectable()
export class Dependencies {
  constructor(
    readiness: Readiness,
    metrics: MetricSources,
    traffic: TrafficSources,
    database: Database,
    @Inject(messageTransport) transport: MessageTransport,
  ) {
    readiness.add({ name: 'database', check: () => database.ping(PING_TIMEOUT_MS) });
    readiness.add({ name: 'messages', check: () => refuseUnlessConnected(transport) });
    traffic.addPools(() => database.poolStats());
    metrics.add(() => database.replicaMetrics());
  }
}

function refuseUnlessConnected({ status }: MessageTransport): void {
  if (status !== 'connected') throw new Error(`are ${status}`);
}
