import { hash } from 'node:crypto';

/** What was found out about a request when it was read. */
export interface KnownRequest {
  /** The name that was asked for, where that led, and the state of it: of another one nothing is known. */
  readonly model: string;
  readonly route: string;
  readonly revision: string;
  /** What an answer to it is kept under. */
  readonly key: string;
}

/** What clients vary at will must not fill memory: about a megabyte. */
const MAX_REQUESTS = 2_000;

/**
 * Requests that were read, checked and given a key, by their exact bytes: to read the same again would tell the same, and
 * costs more than to find its answer. One that says the same in other bytes is another one here.
 */
export class KnownRequests {
  /** Those that were asked for last, and those before them, which go when there are enough of the others. */
  #recent = new Generation();
  #earlier = new Generation();

  /** How many are known; never more than 2 000. */
  get size(): number {
    return this.#recent.requests.size + this.#earlier.requests.size;
  }

  /** Whether a request may be known: it costs nothing to speak of, while to name a large one takes a millisecond. */
  mayHave(accountId: string, body: Buffer): boolean {
    const size = sizeOf(accountId, body);
    return this.#recent.sizes.has(size) || this.#earlier.sizes.has(size);
  }

  find({ name, size }: RequestName): KnownRequest | undefined {
    const recent = this.#recent.requests.get(name);
    if (recent !== undefined) return recent;
    const earlier = this.#earlier.requests.get(name);
    if (earlier !== undefined) this.remember({ name, size }, earlier);
    return earlier;
  }

  remember({ name, size }: RequestName, request: KnownRequest): void {
    if (this.#recent.requests.size >= MAX_REQUESTS / 2) {
      this.#earlier = this.#recent;
      this.#recent = new Generation();
    }
    this.#earlier.requests.delete(name);
    this.#recent.requests.set(name, request);
    this.#recent.sizes.add(size);
  }
}

class Generation {
  readonly requests = new Map<string, KnownRequest>();
  readonly sizes = new Set<string>();
}

/** Tells a request from any other. */
export interface RequestName {
  /** Who asks, and a digest of every byte. */
  readonly name: string;
  /** Who asks, and how many bytes. */
  readonly size: string;
}

export function requestName(accountId: string, body: Buffer): RequestName {
  return { name: `${accountId} ${hash('sha256', body, 'base64url')}`, size: sizeOf(accountId, body) };
}

function sizeOf(accountId: string, body: Buffer): string {
  return `${accountId} ${body.length}`;
}
