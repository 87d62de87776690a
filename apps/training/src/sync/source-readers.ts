import { Injectable } from '@nestjs/common';
import { DirectoryReader } from '../folders/directory-reader.ts';
import { GithubReader } from '../github/github-reader.ts';
import type { SourceEntity } from '../sources/source.entity.ts';
import type { SourceReader } from './source-reader.ts';

/** The readers of all kinds of source. */
@Injectable()
export class SourceReaders {
  readonly #readers: ReadonlyMap<string, SourceReader>;

  constructor(directory: DirectoryReader, github: GithubReader) {
    this.#readers = new Map<string, SourceReader>([directory, github].map((reader) => [reader.kind, reader]));
  }

  of(kind: SourceEntity['kind']): SourceReader {
    const reader = this.#readers.get(kind);
    if (!reader) throw new Error(`There is no reader for sources of the kind ${kind}.`);
    return reader;
  }

  /** Has `tell` called with a source's id when a reader sees that something changed in it. */
  whenChanged(tell: (sourceId: string) => void): void {
    for (const reader of this.#readers.values()) reader.whenChanged?.(tell);
  }

  /** Has every reader let go of a source that is disabled or gone. */
  forget(sourceId: string): void {
    for (const reader of this.#readers.values()) reader.forget?.(sourceId);
  }
}
