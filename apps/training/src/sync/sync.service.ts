import { Injectable } from '@nestjs/common';
import { DomainError, notFound } from '@purser/errors';
import { Drain } from '@purser/health';
import type { InFlightWork } from '@purser/health';
import { Unreadable } from '../items/unreadable.ts';
import { SharedRuns } from './shared-runs.ts';
import type { Reading } from './source-reader.ts';
import { SourceReaders } from './source-readers.ts';
import type { BegunSync, FailedReading } from './sync.repository.ts';
import { SyncRepository } from './sync.repository.ts';

const MAX_SOURCES_AT_ONCE = 16;
const READ_TIMEOUT_MS = 35_000;
/** Reading and writing, of each attempt. */
const SYNC_TIMEOUT_MS = 60_000;
const ATTEMPTS = 3;

/** Brings what is stored of a source to what it holds. */
@Injectable()
export class SyncService implements InFlightWork {
  readonly #repository: SyncRepository;
  readonly #readers: SourceReaders;
  readonly #runs = new SharedRuns();
  readonly #stopping = new AbortController();

  constructor(repository: SyncRepository, readers: SourceReaders, drain: Drain) {
    this.#repository = repository;
    this.#readers = readers;
    drain.watch('syncs', this);
    drain.add('release', 'syncs', () => this.stop());
  }

  /** Sources that are being read. */
  get inFlight(): number {
    return this.#runs.size;
  }

  /** Whether no source was being read before `deadlineMs` had passed. */
  async idle(deadlineMs: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(resolve, deadlineMs, false);
    const idle = this.#runs.idle().then(() => true);
    return Promise.race([idle, late]).finally(() => clearTimeout(timer));
  }

  /**
   * Resolves when the source was read by a sync that began after this call, also when it could not be read: its status
   * and problems tell.
   *
   * @throws DomainError `not_found`; `concurrent_change` when other replicas kept syncing it; `unavailable` when too many
   * syncs run, or the service is stopping
   */
  async sync(sourceId: string): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    if (!this.#runs.has(sourceId) && this.#runs.size >= MAX_SOURCES_AT_ONCE) {
      throw new DomainError('unavailable', `${MAX_SOURCES_AT_ONCE} sources are being read already.`);
    }
    return this.#runs.run(sourceId, () => this.#sync(sourceId));
  }

  /** Ends every sync; what it had read by then is read again by the next. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DomainError('unavailable', 'The service is stopping.'));
    await this.#runs.idle();
  }

  async #sync(sourceId: string): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const begun = await this.#repository.begin(sourceId, SYNC_TIMEOUT_MS);
      if (begun === null) {
        // Also where it was removed or disabled while it was read, or through another replica.
        this.#readers.forget(sourceId);
        throw notFound('source', sourceId);
      }
      if (await this.#repository.finish(begun, await this.#read(begun))) return;
    }
    throw new DomainError('concurrent_change', `Others are syncing the source ${sourceId}.`);
  }

  async #read(begun: BegunSync): Promise<Reading | FailedReading> {
    const signal = AbortSignal.any([AbortSignal.timeout(READ_TIMEOUT_MS), this.#stopping.signal]);
    try {
      return await orAborted(this.#readers.of(begun.source.kind).read({ ...begun, signal }), signal);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      return { failure: { path: '.', reason: reasonOf(error) } };
    }
  }
}

// A file system that does not answer (a network share) leaves the call hanging, whatever the signal says.
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return `could not be read within ${READ_TIMEOUT_MS} ms`;
  if (code !== undefined) return `could not be read (${code})`;
  throw error;
}
