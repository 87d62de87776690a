import { resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { Caches } from '@purser/caching';
import { invalidField } from '@purser/errors';
import { Drain } from '@purser/health';
import { Unreadable } from '../items/unreadable.ts';
import type { NewSource, SourceInput } from '../sources/sources.repository.ts';
import type { Reading, ReadRequest, SourceReader } from '../sync/source-reader.ts';
import { TRAINING_CONFIG, type TrainingConfig } from '../training.config.ts';
import { FolderWatches } from './folder-watches.ts';
import { ParsedFiles } from './parsed-files.ts';
import { ScanThreads } from './scan-threads.ts';

/** How long it may take to say whether a folder is there, and the scans before it. */
const LOOK_TIMEOUT_MS = 5_000;

/** Reads folders of work efforts: all of a folder each time, but only into files that have changed, when something happens in it. */
@Injectable()
export class DirectoryReader implements SourceReader {
  readonly kind = 'directory';
  readonly #roots: readonly string[];
  readonly #parsed: ParsedFiles;
  readonly #threads: ScanThreads;
  readonly #watches: FolderWatches;
  readonly #resyncMs: number;

  constructor(drain: Drain, caches: Caches, @Inject(TRAINING_CONFIG) config: TrainingConfig) {
    const parsed = new ParsedFiles(caches);
    this.#parsed = parsed;
    this.#threads = new ScanThreads((folderKey) => parsed.recall(folderKey));
    this.#roots = config.PURSER_SOURCE_ROOTS;
    this.#watches = new FolderWatches(config.SOURCE_WATCH_MAX_FOLDERS);
    this.#resyncMs = config.SOURCE_RESYNC_MS;
    drain.add('stop', 'watched folders', () => this.#watches.close());
    drain.add('close', 'threads that scan', () => this.#threads.close());
  }

  /** @throws DomainError `invalid_request` where there is no folder at the path that a source may be */
  async admit({ kind, path: given, disabled }: SourceInput<'directory'>): Promise<NewSource> {
    const path = resolve(given);
    try {
      await this.#look(path);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw invalidField('path', `must be a folder that can be read; it ${error.message}`);
    }
    return { kind, path, disabled, nextSyncAt: this.#nextSyncAt() };
  }

  async read({ source, known, signal }: ReadRequest): Promise<Reading> {
    try {
      const startedAt = performance.now();
      const task = { path: source.path, roots: this.#roots, known: [...known.values()] };
      const { items, problems, kept, ...found } = await this.#threads.scan(task, signal);
      // Not waited for: it spares the next reading something, and this one nothing.
      void this.#parsed.keep(kept);
      const unwatched = await this.#watches.follow(source.id, { ...found, tookMs: performance.now() - startedAt });
      const all = unwatched === null ? problems : [...problems, { path: '.', reason: unwatched }];
      return { complete: true, items, problems: all, nextSyncAt: this.#nextSyncAt() };
    } catch (error) {
      if (error instanceof Unreadable) this.#watches.await(source.id, () => this.#look(source.path));
      throw error;
    }
  }

  whenChanged(tell: (sourceId: string) => void): void {
    this.#watches.whenChanged(tell);
  }

  forget(sourceId: string): void {
    this.#watches.forget(sourceId);
  }

  async #look(path: string): Promise<void> {
    try {
      await this.#threads.look({ path, roots: this.#roots }, AbortSignal.timeout(LOOK_TIMEOUT_MS));
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') throw error;
      throw new Unreadable(`could not be read within ${LOOK_TIMEOUT_MS} ms`);
    }
  }

  /** A watch may miss what happens, so that everything is looked at every now and then. */
  #nextSyncAt(): Date {
    return new Date(Date.now() + this.#resyncMs);
  }
}
