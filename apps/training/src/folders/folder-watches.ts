import { FolderWatch, type ReadFolders, type WatchAllowance } from './folder-watch.ts';

/** How long nothing more has to happen before what happened is told. */
const QUIET_MS = 250;
/** A folder in which something happens all the time is told of this often. */
const MAX_DELAY_MS = 1_000;
/** How often a folder is looked for that is gone. */
const ABSENT_POLL_MS = 1_500;
/** How often a folder is told of that can't be watched. */
const UNWATCHED_POLL_MS = 30_000;

interface Watched {
  readonly watch: FolderWatch;
  /** When the first of the changes was heard that are not told yet. */
  heardAtMs: number | null;
  timer: NodeJS.Timeout | undefined;
  /** Before this it is not told of again: a folder that changes all the time is let alone as long as its scan took. */
  restsUntilMs: number;
}

/** What a scan has read. */
export interface ScannedFolders extends ReadFolders {
  readonly tookMs: number;
}

/** The watches of all sources of this process, and what stands in for them where they fail. */
export class FolderWatches {
  readonly #sources = new Map<string, Watched>();
  readonly #allowance: WatchAllowance;
  readonly #enabled: boolean;
  #tell: (sourceId: string) => void = () => {};
  #closed = false;

  /** @param maxFolders watched at a time; 0: none is */
  constructor(maxFolders: number) {
    this.#enabled = maxFolders > 0;
    this.#allowance = { left: maxFolders };
  }

  /** Has `tell` called with a source's id when something may have changed in it; within a second or so. */
  whenChanged(tell: (sourceId: string) => void): void {
    this.#tell = tell;
  }

  /**
   * Watches what a scan of the source has read.
   *
   * @returns why it can't be watched, as a clause, and what is done instead; null where it is, or is not to be
   */
  async follow(sourceId: string, scanned: ScannedFolders): Promise<string | null> {
    if (!this.#enabled || this.#closed) return null;
    // What was heard during the scan is told all the same: it may have come after the file was read.
    const source = this.#of(sourceId);
    source.restsUntilMs = performance.now() + scanned.tookMs;
    if (source.timer !== undefined) this.#later(sourceId, source, QUIET_MS);
    const isNew = await source.watch.follow(scanned);
    if (this.#sources.get(sourceId) !== source) return null;
    const { failure } = source.watch;
    if (failure !== null) this.#later(sourceId, source, UNWATCHED_POLL_MS);
    // Whatever happened between the scan and the watch was not heard.
    else if (isNew) this.#later(sourceId, source, QUIET_MS);
    return failure === null ? null : `${failure}; it is read every ${UNWATCHED_POLL_MS / 1_000} s instead`;
  }

  /** Tries `look` until it succeeds and tells of it then: for a source whose folder is not there. */
  await(sourceId: string, look: () => Promise<unknown>): void {
    if (!this.#enabled || this.#closed) return;
    const source = this.#of(sourceId);
    source.watch.reset();
    this.#clear(source);
    const again = async (): Promise<void> => {
      const { timer } = source;
      const found = await look().then(
        () => true,
        () => false,
      );
      // Another took its place meanwhile.
      if (this.#sources.get(sourceId) !== source || source.timer !== timer) return;
      if (found) this.#tellNow(sourceId, source);
      else source.timer = setTimeout(() => void again(), ABSENT_POLL_MS).unref();
    };
    source.timer = setTimeout(() => void again(), ABSENT_POLL_MS).unref();
  }

  /** Watches the source no longer. */
  forget(sourceId: string): void {
    const source = this.#sources.get(sourceId);
    if (source === undefined) return;
    this.#sources.delete(sourceId);
    this.#clear(source);
    source.watch.close();
  }

  close(): void {
    this.#closed = true;
    for (const sourceId of [...this.#sources.keys()]) this.forget(sourceId);
  }

  #of(sourceId: string): Watched {
    const known = this.#sources.get(sourceId);
    if (known !== undefined) return known;
    const watch = new FolderWatch(this.#allowance, () => this.#heard(sourceId, source));
    const source: Watched = { watch, heardAtMs: null, timer: undefined, restsUntilMs: 0 };
    this.#sources.set(sourceId, source);
    return source;
  }

  #heard(sourceId: string, source: Watched): void {
    const now = performance.now();
    source.heardAtMs ??= now;
    this.#later(sourceId, source, Math.max(0, Math.min(QUIET_MS, source.heardAtMs + MAX_DELAY_MS - now)));
  }

  #later(sourceId: string, source: Watched, delayMs: number): void {
    clearTimeout(source.timer);
    const restMs = source.restsUntilMs - performance.now();
    source.timer = setTimeout(() => this.#tellNow(sourceId, source), Math.max(delayMs, restMs)).unref();
  }

  #tellNow(sourceId: string, source: Watched): void {
    this.#clear(source);
    if (this.#sources.get(sourceId) === source) this.#tell(sourceId);
  }

  #clear(source: Watched): void {
    clearTimeout(source.timer);
    source.timer = undefined;
    source.heardAtMs = null;
  }
}
