import { Caches } from '@purser/caching';
import { cacheNamespaces, metrics } from '@purser/contracts';
import type { Metric, RequestOf } from '@purser/contracts';
import type { Database } from '@purser/database';
import type { MessageClient } from '@purser/messaging';
import { v7 as uuidv7 } from 'uuid';
import { startTestReports, type TestReports } from './start-test-reports.ts';

type MetricInput = RequestOf<typeof metrics.create>['input'];

/** A database of one's own with the schema of this service. */
interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A catalogue of one's own, as the service answers it. To be started in `beforeAll` and stopped in `afterAll`. */
export class TestCatalogue {
  /** Who writes. */
  readonly actor = { keyId: uuidv7(), accountId: uuidv7() };
  #own: OwnDatabase | undefined;
  #service: TestReports | undefined;

  get client(): MessageClient {
    return this.#started().client;
  }

  get database(): Database {
    return this.#started().database;
  }

  /** Begins on `own`, which goes when this stops. */
  async start(own: OwnDatabase): Promise<void> {
    this.#own = own;
    this.#service = await startTestReports({ DATABASE_URL: own.url });
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
    await this.#own?.drop();
  }

  /** Takes everything out of it, which counts as a write. */
  async empty(): Promise<void> {
    // TRUNCATE would shut out readers, and could meet what the service reads of its own accord after its start in a deadlock.
    for (const table of ['metrics', 'domains', 'objectives', 'catalogue_import_parts']) {
      await this.database.query(`DELETE FROM ${table}`);
    }
    await this.database.query('UPDATE catalogue SET revision = revision + 1');
    const caches = this.#started().running.app.get(Caches, { strict: false });
    await caches.invalidate(cacheNamespaces.catalogue, { kind: 'all' });
  }

  /** Adds a definition that has what it must have, and `more`. */
  addMetric(metricId: string, more: Partial<MetricInput> = {}): Promise<Metric> {
    const least = { metricId, name: metricId, description: '', category: 'c', tier: '1', businessDomain: 'd' };
    return this.client.request(metrics.create, { input: { ...least, ...more } as MetricInput, actor: this.actor });
  }

  #started(): TestReports {
    if (!this.#service) throw new Error('It is not started.');
    return this.#service;
  }
}
