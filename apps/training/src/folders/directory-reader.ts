import { resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { invalidField } from '@purser/errors';
import { Drain } from '@purser/health';
import { Unreadable } from '../items/unreadable.ts';
import type { NewSource, SourceInput } from '../sources/sources.repository.ts';
import type { Reading, ReadRequest, SourceReader } from '../sync/source-reader.ts';
import { ScanThreads } from './scan-threads.ts';
import { SourceFolders } from './source-folders.ts';

/** Reads folders of work efforts: all of a folder each time, but only into files that have changed. */
@Injectable()
export class DirectoryReader implements SourceReader {
  readonly kind = 'directory';
  readonly #folders: SourceFolders;
  readonly #threads = new ScanThreads();

  constructor(folders: SourceFolders, drain: Drain) {
    this.#folders = folders;
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
    return { kind, path, disabled };
  }

  async read({ source, known, signal }: ReadRequest): Promise<Reading> {
    const root = await this.#folders.locate(source.path);
    return { complete: true, ...(await this.#threads.scan({ root, known: [...known.values()] }, signal)) };
  }
}
