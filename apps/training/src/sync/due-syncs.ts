import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Drain } from '@purser/health';
import { DueSourcesRepository } from './due-sources.repository.ts';
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
  #tick: Promise<void> = Promise.resolve();
  #underWay = 0;
  #stopped = false;

  constructor(repository: DueSourcesRepository, sync: SyncService, drain: Drain) {
    this.#repository = repository;
    this.#sync = sync;
    drain.add('stop', 'syncs that are due', () => this.#stop());
  }

  onApplicationBootstrap(): void {
    this.#wait();
  }

  /** Looks for them now. */
  async look(): Promise<void> {
    const free = MAX_AT_ONCE - this.#underWay;
    if (this.#stopped || free <= 0) return;
    try {
      for (const id of await this.#repository.claim(free)) void this.#read(id);
    } catch (error) {
      this.#logger.warn(`The sources that are due could not be read: ${String(error)}`);
    }
  }

  #wait(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#tick = this.look().finally(() => this.#wait());
    }, TICK_MS);
  }

  async #read(id: string): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#sync.sync(id);
    } catch (error) {
      this.#logger.warn(`Source ${id} could not be synced: ${String(error)}`);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#tick;
  }
}
