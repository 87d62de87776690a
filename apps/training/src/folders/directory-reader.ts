import { resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { invalidField } from '@purser/errors';
import { Drain } from '@purser/health';
import { Unreadable } from '../items/unreadable.ts';
import type { NewSource, SourceInput } from '../sources/sources.repository.ts';
import type { Reading, ReadRequest, SourceReader } from '../sync/source-reader.ts';
import { TRAINING_CONFIG, type TrainingConfig } from '../training.config.ts';
import { FolderWatches } from './folder-watches.ts';
import { ScanThreads } from './scan-threads.ts';
import { SourceFolders } from './source-folders.ts';

/** Reads folders of work efforts: all of a folder each time, but only into files that have changed, when something happens in it. */
@Injectable()
export class DirectoryReader implements SourceReader {
  readonly kind = 'directory';
  readonly #folders: SourceFolders;
  readonly #threads = new ScanThreads();
  readonly #watches: FolderWatches;
  readonly #resyncMs: number;

  constructor(folders: SourceFolders, drain: Drain, @Inject(TRAINING_CONFIG) config: TrainingConfig) {
    this.#folders = folders;
    this.#watches = new FolderWatches(config.SOURCE_WATCH_MAX_FOLDERS);
    this.#resyncMs = config.SOURCE_RESYNC_MS;
    drain.add('stop', 'watched folders', () => this.#watches.close());
    drain.add('close', 'threads that scan', () => this.#threads.close());
  }

  /** @throws DomainError `invalid_request` where there is no folder at the path that a source may be */
  async admit({ kind, path: given, disabled }: SourceInput<'directory'>): Promise<NewSource> {
    const path = resolve(given);
    try {
      await this.#folders.locate(path);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw invalidField('path', `must be a folder that can be read; it ${error.message}`);
    }
    return { kind, path, disabled, nextSyncAt: this.#nextSyncAt() };
  }

  async read({ source, known, signal }: ReadRequest): Promise<Reading> {
    try {
      const root = await this.#folders.locate(source.path);
      const { items, problems, folders } = await this.#threads.scan({ root, known: [...known.values()] }, signal);
      const unwatched = await this.#watches.follow(source.id, folders);
      const all = unwatched === null ? problems : [...problems, { path: '.', reason: unwatched }];
      return { complete: true, items, problems: all, nextSyncAt: this.#nextSyncAt() };
    } catch (error) {
      if (error instanceof Unreadable) this.#watches.await(source.id, () => this.#folders.locate(source.path));
      throw error;
    }
  }

  whenChanged(tell: (sourceId: string) => void): void {
    this.#watches.whenChanged(tell);
  }

  forget(sourceId: string): void {
    this.#watches.forget(sourceId);
  }

  /** A watch may miss what happens, so that everything is looked at every now and then. */
  #nextSyncAt(): Date {
    return new Date(Date.now() + this.#resyncMs);
  }
}
