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
}
