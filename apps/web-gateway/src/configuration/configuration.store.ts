import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfiguration, type ResponseOf } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import type { Snapshot } from './snapshot.ts';
import { TablesSnapshot } from './tables-snapshot.ts';
import { noTables, TablesDraft } from './tables.ts';
import { Targets } from './targets.ts';

const MAX_PAGES = 10_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;

/**
 * Keeps the configuration in memory: reads all of it at the start, then what changed whenever it hears of a higher
 * version, from the publish of a change or from the answer to a lease. While the budget service can't be reached the last
 * snapshot stays in force, and reading is tried again until it succeeds.
 */
@Injectable()
export class ConfigurationStore implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Configuration');
  readonly #targets: Targets;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #stopping = new AbortController();
  readonly #loaded = Promise.withResolvers<void>();
  #current: TablesSnapshot | undefined;
  /** The highest version that was heard of. */
  #wanted = 0;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly client: MessageClient,
    box: SecretBox,
  ) {
    this.#targets = new Targets(box);
    // Nobody may wait for it.
    this.#loaded.promise.catch(() => undefined);
  }

  onApplicationBootstrap(): void {
    this.#read();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    this.#loaded.reject(new DomainError('unavailable', 'The gateway stops.'));
    await this.#reading;
  }

  /** The configuration in force; undefined until it was first read. */
  get current(): Snapshot | undefined {
    return this.#current;
  }

  /** The version in force; 0 until the configuration was first read. */
  get version(): number {
    return this.#current?.version ?? 0;
  }

  /** Resolves once a configuration is in force; rejects with DomainError `unavailable` where the gateway stops before. */
  whenLoaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Says that the configuration has this version by now; what is not in force yet is read. Cheap when nothing is new. */
  noteVersion(version: number): void {
    if (version <= this.#wanted) return;
    this.#wanted = version;
    this.#read();
  }

  /** Calls back right after each new snapshot came into force; the result ends that. A listener must not throw. */
  onChange(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get #behind(): boolean {
    return this.#current === undefined || this.#current.version < this.#wanted;
  }

  #read(): void {
    if (this.#behind) this.#reading ??= this.#readUntilCurrent();
  }

  async #readUntilCurrent(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; this.#behind && !signal.aborted;) {
      const before = this.version;
      const failure = await this.#readOnce(signal);
      // Nothing new although there should be: the replica that was asked lags, and is asked again as if it had failed.
      failures = failure === undefined && this.version > before ? 0 : failures + 1;
      if (failures === 0 || signal.aborted || !this.#behind) continue;
      if (failures === 1 && failure)
        this.#logger.warn(`Can't read the configuration, trying again: ${failure.message}`);
      const waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LAST_RETRY_MS);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
    // In the same turn as the last look at what is wanted, so that nothing heard in between is forgotten.
    this.#reading = undefined;
  }

  async #readOnce(signal: AbortSignal): Promise<DomainError | undefined> {
    try {
      const draft = new TablesDraft(this.#current?.tables ?? noTables);
      const version = await this.#readInto(draft, signal);
      if (version < this.version) throw new DomainError('unavailable', `An older version was answered: ${version}.`);
      this.#publish(new TablesSnapshot(version, draft.finish(), this.#targets, this.#current));
      return undefined;
    } catch (error) {
      return DomainError.from(error);
    }
  }

  /** The version that the draft then has: that of the last page. */
  async #readInto(draft: TablesDraft, signal: AbortSignal): Promise<number> {
    const since = this.version;
    let cursor: string | null = null;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page: ResponseOf<typeof readConfiguration> = await this.client.request(
        readConfiguration,
        { since, cursor },
        { signal },
      );
      draft.apply(page.entries);
      cursor = page.nextCursor;
      if (cursor === null) return page.version;
    }
    throw new DomainError('internal', `The configuration did not end after ${MAX_PAGES} pages.`);
  }

  #publish(snapshot: TablesSnapshot): void {
    this.#current = snapshot;
    this.#loaded.resolve();
    for (const listener of this.#listeners) listener(snapshot);
  }
}
