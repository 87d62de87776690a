import { join } from 'node:path';
import type { Position } from '../../core/store.ts';
import type { Answer, Answers, Call, DiskProblem, DiskProblemKind, Held, ThreadOptions } from './calls.ts';
import { openDatabase, setAside } from './database-file.ts';
import { OpenFile, type Counts } from './open-file.ts';
import { kindOf } from './sqlite-error.ts';
import { StoreClock } from './store-clock.ts';
import { TrustToken } from './trust-token.ts';

/** After a failure to open it is tried again with the first call after this. */
const RETRY_MS = 5_000;
/** Damaged entries are reported at most this often. */
const DAMAGE_EVERY_MS = 10_000;

type Write = Exclude<Call, { kind: 'open' | 'get' | 'close' }>;

/**
 * The store as its thread runs it: opens the file, sets it aside where it is damaged, tries again where it can't be opened, and
 * answers calls by the batch, with one transaction for all that a batch writes.
 */
export class DiskEngine {
  readonly #options: ThreadOptions;
  readonly #path: string;
  readonly #clock = new StoreClock();
  readonly #token: TrustToken;
  readonly #counts: Counts & { writeFailures: number; unreadable: number } = {
    evictions: 0,
    expirations: 0,
    writeFailures: 0,
    unreadable: 0,
  };
  readonly #problems: DiskProblem[] = [];
  /** What was reported and goes on. */
  readonly #going = new Set<DiskProblemKind>();
  #file: OpenFile | undefined;
  #position: Position;
  #missed: boolean;
  #retryAt = 0;
  #damagedAt = -Infinity;
  #failure = 'It is closed.';

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#path = join(options.folder, 'cache.sqlite');
    this.#token = new TrustToken(join(options.folder, 'cache.trust'));
    this.#position = options.positionsFrom;
    this.#missed = options.missedInvalidations;
  }

  answer(calls: readonly Call[]): Answers {
    const answers = this.#answer(calls, true);
    this.#position = this.#file?.position ?? this.#position;
    return { answers, held: this.#held(), problems: this.#problems.splice(0), position: this.#position };
  }

  /** Does some of what nobody waits for. @returns whether there is more */
  tidy(): boolean {
    const file = this.#file;
    if (!file) return false;
    try {
      const more = file.tidy();
      if (file.isSaved) this.#token.give();
      return more;
    } catch (error) {
      this.#failed(file, error);
      return false;
    }
  }

  #held(): Held {
    const { bytes = null, entries = null } = this.#file?.size ?? {};
    return { bytes, entries, ...this.#counts };
  }

  #answer(calls: readonly Call[], again: boolean): readonly Answer[] {
    const file = this.#file ?? this.#open();
    if (!file) return calls.map((call) => this.#refuse(call));
    try {
      const answers = calls.map((call): Answer => ({ value: this.#run(file, call) }));
      if (this.#file) this.#commit(file);
      return answers;
    } catch (error) {
      this.#failed(file, error);
      if (this.#file) return calls.map((call) => this.#withoutWriting(file, call));
      // A new file has taken the place of a damaged one, unless that could not be.
      return again ? this.#answer(calls, false) : calls.map((call) => this.#refuse(call));
    }
  }

  #run(file: OpenFile, call: Call): Extract<Answer, { value: unknown }>['value'] {
    switch (call.kind) {
      case 'open':
        return undefined;
      case 'get':
        return call.keys.map((key) => file.lookUp(call.namespace, key));
      case 'set':
        return file.set(call.storing);
      case 'invalidate':
        return file.invalidate(call.namespace, call.invalidation) as undefined;
      case 'purge':
        return file.purge();
      case 'close':
        return this.#close(file) as undefined;
    }
  }

  #commit(file: OpenFile): void {
    const wrote = file.commit();
    // Before anything of it is answered.
    if (file.isSaved) this.#token.give();
    if (wrote) this.#going.delete('full');
  }

  #close(file: OpenFile): void {
    this.#file = undefined;
    this.#retryAt = Infinity;
    try {
      file.close();
      this.#token.close();
    } catch (error) {
      this.#report(
        kindOf(error),
        `The disk store in ${this.#options.folder} was not closed well: ${messageOf(error)}.`,
      );
      this.#token.take();
    }
  }

  /** For a batch that could not be written: reads are answered, and what was invalidated is held in memory. */
  #withoutWriting(file: OpenFile, call: Call): Answer {
    try {
      if (call.kind === 'set') this.#counts.writeFailures += 1;
      if (call.kind !== 'set' && call.kind !== 'invalidate' && call.kind !== 'purge')
        return { value: this.#run(file, call) };
      const gone = goneBy(file, call);
      if (gone) {
        this.#token.take();
        file.hold(gone.namespace, gone.invalidation);
      }
      return { value: call.kind === 'invalidate' ? undefined : false };
    } catch (error) {
      return { failure: messageOf(error) };
    }
  }

  #refuse(call: Call): Answer {
    if (call.kind === 'open' || call.kind === 'close') return { value: undefined };
    // What is there when it is open again has not heard of it.
    if (call.kind === 'invalidate') this.#missed = true;
    return { failure: this.#failure };
  }

  #open(again = true): OpenFile | undefined {
    if (performance.now() < this.#retryAt) return undefined;
    try {
      this.#file = this.#openFile();
      this.#missed = false;
      this.#going.clear();
      return this.#file;
    } catch (error) {
      this.#failed(undefined, error);
      // Only where a damaged one is out of the way now.
      return again && kindOf(error) === 'corrupt' ? this.#open(false) : undefined;
    }
  }

  #openFile(): OpenFile {
    const database = openDatabase(this.#path, this.#options.maxBytes);
    try {
      if (this.#missed) this.#token.take();
      return new OpenFile(database, this.#options, this.#clock, this.#counts, {
        positionsFrom: this.#position,
        trusted: this.#token.holds(),
        onDamage: (key) => this.#damaged(key),
      });
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Leaves the file open only where it can still be read. */
  #failed(file: OpenFile | undefined, error: unknown): void {
    const kind = kindOf(error);
    this.#failure = `The disk store in ${this.#options.folder} ${WHAT[kind]}: ${messageOf(error)}.`;
    try {
      file?.rollback();
      if (file && kind === 'full') return this.#report(kind, this.#failure);
    } catch {
      // It is closed below, as it is.
    }
    this.#position = file?.position ?? this.#position;
    this.#file = undefined;
    try {
      file?.abandon();
      if (kind === 'corrupt') return this.#setAside();
    } catch (cause) {
      this.#failure += ` ${messageOf(cause)}`;
    }
    this.#retryAt = performance.now() + RETRY_MS;
    this.#report(kind, this.#failure);
  }

  #setAside(): void {
    const aside = setAside(this.#path);
    this.#report('corrupt', `${this.#failure} It was set aside as ${aside}, and the store begins with nothing.`);
    this.#going.delete('corrupt');
  }

  #damaged(key: string): void {
    this.#counts.unreadable += 1;
    if (performance.now() - this.#damagedAt < DAMAGE_EVERY_MS) return;
    this.#damagedAt = performance.now();
    this.#problems.push({
      kind: 'corrupt',
      message: `${this.#path} is damaged: the entry ${key} is not as it was written.`,
    });
  }

  #report(kind: DiskProblemKind, message: string): void {
    if (this.#going.has(kind)) return;
    this.#going.add(kind);
    this.#problems.push({ kind, message });
  }
}

const WHAT: Readonly<Record<DiskProblemKind, string>> = {
  corrupt: 'can not be used as it is',
  in_use: 'is in use by another process',
  full: 'can not be written',
  failing: 'fails',
};

/** What is no longer true after a call, also where it could not be done. */
function goneBy(
  file: OpenFile,
  call: Write,
): Pick<Extract<Call, { kind: 'invalidate' }>, 'namespace' | 'invalidation'> | undefined {
  if (call.kind === 'invalidate') return call;
  if (call.kind !== 'set' || call.storing.ifAbsent) return undefined;
  const { namespace, key } = call.storing;
  if (!file.lookUp(namespace, key).entry) return undefined;
  return { namespace, invalidation: { kind: 'keys', keys: [key] } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
