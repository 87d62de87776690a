import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { exportUsage, type RequestOf, type ResponseOf } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { MessageClient } from '@purser/messaging';
import { usageFormats, type ExportFormat } from './usage-formats.ts';

/** Exports under way at once in one gateway: each holds a page or two. */
const MAX_EXPORTS = 8;
/** Of one key, so that who reads slowly keeps nobody else from theirs. */
const MAX_OF_KEY = 2;

/** A file of usage rows. */
export interface UsageFile {
  readonly contentType: string;
  readonly name: string;
  /** Ends with an error where the rows do; destroy it to stop the reading of rows. */
  readonly body: Readable;
}

type Page = ResponseOf<typeof exportUsage>;

/**
 * Usage rows as files, read page by page from the reports service: the next page is asked for when the last one was taken,
 * so that a file of any length is made in constant memory.
 */
export class UsageExports {
  readonly #client: Pick<MessageClient, 'request'>;
  readonly #timeoutMs: number;
  readonly #logger = new Logger('Exports');
  /** How many, by the id of the key that asked. */
  readonly #underWay = new Map<string, number>();

  constructor(client: Pick<MessageClient, 'request'>, options: { readonly timeoutMs: number }) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Files that are being made. */
  get underWay(): number {
    return [...this.#underWay.values()].reduce((sum, count) => sum + count, 0);
  }

  /**
   * Begins a file; its first rows are there when this resolves, so what is wrong with the question is known by then.
   * Afterwards a failure, also that it takes longer than it may, ends the body with an error: whoever sends it must cut the
   * answer off, so that it does not look whole. `gone` says that nobody wants it any more.
   *
   * @throws DomainError `rate_limit_exceeded` where too many of the key are under way, `unavailable` where too many are in
   *   all, and whatever the service answers
   */
  async open(
    query: RequestOf<typeof exportUsage>,
    format: keyof typeof usageFormats,
    { keyId, gone }: { readonly keyId: string; readonly gone: AbortSignal },
  ): Promise<UsageFile> {
    const leave = this.#enter(keyId);
    const late = new AbortController();
    const signal = AbortSignal.any([gone, late.signal]);
    const timer = setTimeout(() => late.abort(), this.#timeoutMs);
    const end = (): void => {
      clearTimeout(timer);
      leave();
    };
    try {
      const first = await this.#client.request(exportUsage, query, { signal });
      const { contentType } = usageFormats[format];
      const body = this.#body(this.#texts(query, first, usageFormats[format], signal), signal, gone);
      body.once('close', end);
      return { contentType, name: nameOf(first, format), body };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Takes a place; what it returns gives it back. */
  #enter(keyId: string): () => void {
    const own = this.#underWay.get(keyId) ?? 0;
    if (own >= MAX_OF_KEY) {
      const message = `${MAX_OF_KEY} exports of this key are under way already; try again when one has ended.`;
      throw new DomainError('rate_limit_exceeded', message);
    }
    if (this.underWay >= MAX_EXPORTS) {
      throw new DomainError('unavailable', `${MAX_EXPORTS} exports are under way already; try again later.`);
    }
    this.#underWay.set(keyId, own + 1);
    return () => {
      const left = this.#underWay.get(keyId)! - 1;
      if (left > 0) this.#underWay.set(keyId, left);
      else this.#underWay.delete(keyId);
    };
  }

  #body(texts: AsyncGenerator<string>, signal: AbortSignal, gone: AbortSignal): Readable {
    // As little ahead of the reader as can be: a page is a few hundred kilobytes.
    const body = Readable.from(texts, { objectMode: false, highWaterMark: 1 });
    const cut = (): void => {
      const message = `An export takes ${this.#timeoutMs} ms at most.`;
      body.destroy(gone.aborted ? undefined : new DomainError('deadline_exceeded', message));
    };
    body.on('error', (error) => {
      if (!gone.aborted) this.#logger.warn(`An export was cut off: ${error.message}`);
    });
    body.once('close', () => signal.removeEventListener('abort', cut));
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut);
    return body;
  }

  async *#texts(
    query: RequestOf<typeof exportUsage>,
    first: Page,
    { head, line }: ExportFormat,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    // Rows that come while it is read must not move its end.
    const { from, to } = first;
    let { data, nextCursor } = first;
    yield head + data.map(line).join('');
    while (nextCursor !== null) {
      const asked = { ...query, from, to, cursor: nextCursor };
      ({ data, nextCursor } = await this.#client.request(exportUsage, asked, { signal }));
      yield data.map(line).join('');
    }
  }
}

/** A name that says of which span, without what file systems refuse. */
function nameOf({ from, to }: Page, extension: string): string {
  const [first, last] = [from, to].map((instant) => instant.replace(/\.\d+Z$/, 'Z').replaceAll(/[-:]/g, ''));
  return `purser-usage-${first}-${last}.${extension}`;
}
