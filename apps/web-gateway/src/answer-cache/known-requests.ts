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
  #recent = new Map<string, KnownRequest>();
  #earlier = new Map<string, KnownRequest>();

  /** How many are known; never more than 2 000. */
  get size(): number {
    return this.#recent.size + this.#earlier.size;
  }

  /** @param name by {@link requestName} */
  find(name: string): KnownRequest | undefined {
    const recent = this.#recent.get(name);
    if (recent !== undefined) return recent;
    const earlier = this.#earlier.get(name);
    if (earlier !== undefined) this.remember(name, earlier);
    return earlier;
  }

  remember(name: string, request: KnownRequest): void {
    if (this.#recent.size >= MAX_REQUESTS / 2) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#earlier.delete(name);
    this.#recent.set(name, request);
  }
}

/** Tells a request from any other, by who asks and every byte of its body. */
export function requestName(accountId: string, body: Buffer): string {
  return `${accountId} ${hash('sha256', body, 'base64url')}`;
}
