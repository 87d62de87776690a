import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import { Drain } from '@purser/health';
import { SourcesRepository } from '../sources/sources.repository.ts';
import { SourceReaders } from './source-readers.ts';
import { SyncService } from './sync.service.ts';

/** Sources that are read at the same time at the start. */
const AT_ONCE = 4;
/** Before a sync is tried again that found too many others at work. */
const RETRY_MS = 1_000;

/**
 * Reads the sources in which their readers saw a change, and all that can be watched at the start, since a watch begins
 * with a reading and what happened before then was seen by nobody. Every replica does.
 */
@Injectable()
export class ChangedSyncs implements OnApplicationBootstrap {
  readonly #logger = new Logger('ChangedSyncs');
  readonly #repository: SourcesRepository;
  readonly #sync: SyncService;
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(repository: SourcesRepository, readers: SourceReaders, sync: SyncService, drain: Drain) {
    this.#repository = repository;
    this.#sync = sync;
    readers.whenChanged((sourceId) => void this.#read(sourceId));
    drain.add('stop', 'syncs of what changed', () => this.#stop());
  }

  onApplicationBootstrap(): void {
    // Not waited for: a service with a slow source is ready all the same.
    void this.#readAll();
  }

  async #readAll(): Promise<void> {
    try {
      const ids = await this.#repository.watchable();
      const lanes = Array.from({ length: AT_ONCE }, async () => {
        for (let id = ids.shift(); id !== undefined; id = ids.shift()) await this.#read(id);
      });
      await Promise.all(lanes);
    } catch (error) {
      this.#logger.warn(`The sources to watch could not be read: ${String(error)}`);
    }
  }

  async #read(sourceId: string): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#sync.sync(sourceId);
    } catch (error) {
      this.#failed(sourceId, error);
    }
  }

  #failed(sourceId: string, error: unknown): void {
    const code = error instanceof DomainError ? error.code : undefined;
    // Another replica was faster, and has read what there is.
    if (code === 'concurrent_change' || this.#stopped) return;
    // Removed or disabled meanwhile, perhaps through another replica.
    if (code === 'not_found') return;
    if (code === 'unavailable') this.#retry(sourceId);
    else this.#logger.warn(`Source ${sourceId} could not be synced: ${String(error)}`);
  }

  #retry(sourceId: string): void {
    clearTimeout(this.#retries.get(sourceId));
    const timer = setTimeout(() => {
      this.#retries.delete(sourceId);
      void this.#read(sourceId);
    }, RETRY_MS);
    this.#retries.set(sourceId, timer.unref());
  }

  #stop(): void {
    this.#stopped = true;
    for (const timer of this.#retries.values()) clearTimeout(timer);
  }
}
