import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import { Drain } from '@purser/health';
import { DueSourcesRepository } from './due-sources.repository.ts';
import { SharedRuns } from './shared-runs.ts';
import { SyncService } from './sync.service.ts';

/** How late a source may be read. */
const TICK_MS = 1_000;
/** Sources that this process reads by itself at a time; fewer than it reads in all, so that whoever asks finds a place. */
const MAX_AT_ONCE = 8;

/** Reads the sources whose time has come, each by one replica. */
@Injectable()
export class DueSyncs implements OnApplicationBootstrap {
  readonly #logger = new Logger('DueSyncs');
  readonly #repository: DueSourcesRepository;
  readonly #sync: SyncService;
  #timer: NodeJS.Timeout | undefined;
  readonly #looks = new SharedRuns();
  readonly #reads = new Set<Promise<void>>();
  #stopped = false;

  constructor(repository: DueSourcesRepository, sync: SyncService, drain: Drain) {
    this.#repository = repository;
    this.#sync = sync;
    drain.add('stop', 'syncs that are due', () => this.#stop());
    drain.add('release', 'sources given back', () => this.#givenBack());
  }

  onApplicationBootstrap(): void {
    this.#wait();
  }

  /** Looks for them now. One look at a time: two would both take the places that are free. */
  look(): Promise<void> {
    return this.#looks.run('look', () => this.#look());
  }

  async #look(): Promise<void> {
    const free = MAX_AT_ONCE - this.#reads.size;
    if (this.#stopped || free <= 0) return;
    try {
      for (const id of await this.#repository.claim(free)) {
        const read = this.#read(id).finally(() => this.#reads.delete(read));
        this.#reads.add(read);
      }
    } catch (error) {
      this.#logger.warn(`The sources that are due could not be read: ${String(error)}`);
    }
  }

  #wait(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.look().finally(() => this.#wait()), TICK_MS);
  }

  async #read(id: string): Promise<void> {
    try {
      await this.#sync.sync(id).catch((error: unknown) => this.#failed(id, error));
    } catch (error) {
      this.#logger.warn(`Source ${id} could not be synced: ${String(error)}`);
    }
  }

  async #failed(id: string, error: unknown): Promise<void> {
    if (!(error instanceof DomainError) || error.code !== 'unavailable') throw error;
    // Others took the places that were free, or the service is stopping: the claim would keep everyone else from it.
    await this.#repository.giveBack(id);
  }

  async #stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looks.idle();
  }

  async #givenBack(): Promise<void> {
    await Promise.all(this.#reads);
  }
}
