import { isUtf8 } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http';
import { Logger } from '@nestjs/common';
import { from, mergeAll, of, tap, type Observable } from 'rxjs';
import type { Cache } from '../../core/cache.ts';
import { checkedTags } from '../../core/options.ts';
import type { CacheResult } from '../../core/result.ts';
import type { CachedOptions } from '../cached-options.ts';
import { tagsFor } from '../call-functions.ts';
import { tell, told, type CacheMark, type Policy, type Told } from './answer-headers.ts';
import { entityTag, isKnown } from './entity-tag.ts';
import { bodyValue, type Exchange, type Sending } from './exchange.ts';
import type { KnownKey } from './known-keys.ts';
import { Passes } from './passes.ts';
import { forbidden, keptHeaders } from './stored-headers.ts';
import { Turn, type KeptAnswer, type Outcome } from './turn.ts';

/** A request for an answer that may be in the cache. */
export interface Asking {
  readonly exchange: Exchange;
  readonly request: unknown;
  readonly cache: Cache;
  readonly key: KnownKey;
  readonly options: CachedOptions;
  readonly policy: Policy;
}

/** One that has a handler. */
export interface Visit extends Asking {
  /** Whether the handler sends by itself (`@Res()`), so that Nest does not. */
  readonly sendsItself: boolean;
  /** Runs the handler, and whatever stands between. */
  readonly handle: () => Observable<unknown>;
}

type Answer = KeptAnswer & { readonly ageMs: number };

/** A hit, for an app that sends it by itself. */
export interface HttpHit {
  /**
   * What the answer says of itself, names in lower case and values in turn, `ETag`, `X-Cache-Key`, `Cache-Control` and `Vary`
   * among them: the same array for each hit of one kept answer. `X-Cache: HIT`, `Age` and the length are for its sender to add.
   */
  readonly headers: readonly string[];
  /** The entity tag in `headers`. */
  readonly etag: string;
  /** The same for each hit of one kept answer; not to be changed. */
  readonly body: Buffer;
  readonly ageSeconds: number;
}

/**
 * Answers from the cache, or lets one handler answer for all who want the same at once. What is kept is what was sent, byte
 * for byte, whoever made it so: Nest, an interceptor, the handler itself.
 *
 * Each handler that runs does so for a request of its own, with that request's guards and interceptors. A stale answer is
 * sent first; then, its client served, the handler runs once more, and what it sends goes into the cache and nowhere else.
 *
 * On a hit, interceptors that stand around this one are given `undefined`: what they made of the value is in the bytes.
 */
export class HttpCache {
  readonly #maxBytes: number;
  readonly #passes = new Passes();
  /** By the bytes of an entry in memory, which go with it. */
  readonly #told = new WeakMap<Buffer, Told>();
  readonly #logger = new Logger('HttpCache');

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  visit(visit: Visit): Observable<unknown> {
    const found = this.#inMemory(visit);
    if (found !== undefined) return this.#hit(visit, found);
    return from(this.#answer(visit)).pipe(mergeAll());
  }

  /**
   * Sends what memory has, if that is fresh and the request may have it. Otherwise nothing has happened.
   *
   * @param send is asked first to send it; says whether it did
   */
  answerFromMemory(asking: Asking, send?: (hit: HttpHit) => boolean): boolean {
    const found = this.#inMemory(asking);
    if (found === undefined) return false;
    const answer = answerOf(found);
    if (send?.(this.#hitOf(asking, answer)) !== true) this.#deliver(asking, answer, 'HIT');
    return true;
  }

  /** Runs the handler as if there were no cache, and says so. */
  bypass({ exchange, handle }: Pick<Visit, 'exchange' | 'handle'>): Observable<unknown> {
    exchange.setHeader('x-cache', 'BYPASS' satisfies CacheMark);
    return handle();
  }

  async #answer(visit: Visit): Promise<Observable<unknown>> {
    const { exchange, cache } = visit;
    const key = visit.key.text;
    try {
      if (this.#passes.has(key)) return this.bypass(visit);
      if (exchange.method === 'HEAD') return await this.#head(visit);
      if (wantsFresh(visit)) await cache.delete(key);
      const turn = new Turn();
      const { ttl, staleFor, hardTimeoutMs } = visit.options;
      const result = cache.getOrComputeEntry(key, turn.load, { ttl, staleFor, hardTimeoutMs });
      const first = await Promise.race([turn.leads, result]);
      if (first === 'leads') {
        result.catch(() => {});
        return this.#lead(visit, turn);
      }
      if (!isKept(first)) return this.bypass(visit);
      const { refreshing } = first;
      return refreshing ? this.#refresh(visit, turn, first, refreshing) : this.#hit(visit, first);
    } catch {
      // Counted where it went wrong. Whoever waited for another's handler runs its own.
      return this.bypass(visit);
    }
  }

  #inMemory(asking: Asking): CacheResult<string> | undefined {
    if (this.#passes.has(asking.key.text) || wantsFresh(asking)) return undefined;
    return asking.cache.getFromMemory<string>(asking.key.text);
  }

  async #head(visit: Visit): Promise<Observable<unknown>> {
    const found = await visit.cache.getEntry<string>(visit.key.text);
    if (found !== undefined) return this.#hit(visit, found);
    // What a handler sends for HEAD may be nothing: it is no answer to GET.
    visit.exchange.setHeader('x-cache', 'MISS' satisfies CacheMark);
    return visit.handle();
  }

  /** Runs the handler for all who wait. */
  #lead(visit: Visit, turn: Turn): Observable<unknown> {
    const { exchange } = visit;
    const before = exchange.headers();
    exchange.intercept((sending) => {
      const outcome = this.#outcomeOf(visit, before, sending);
      turn.settle(outcome);
      if (typeof outcome !== 'string') return this.#deliver(visit, { ...outcome, ageMs: 0 }, 'MISS');
      if (exchange.status < 400) exchange.setHeader('x-cache', 'BYPASS' satisfies CacheMark);
      sending.pass();
    });
    // What was written past the platform's own ways was not seen.
    exchange.onceOver((finished) => finished && turn.settle('not kept'));
    const over = (): void => {
      exchange.release();
      turn.settle('failed');
    };
    return visit.handle().pipe(tap({ error: over, unsubscribe: over }));
  }

  #hit(visit: Visit, found: CacheResult<string>): Observable<unknown> {
    const deliver = (): void => this.#deliver(visit, answerOf(found), found.status === 'STALE' ? 'STALE' : 'HIT');
    if (visit.sendsItself) deliver();
    // Nest sends what comes out of the interceptors in the end: these bytes in its place.
    else visit.exchange.intercept(deliver);
    return of(undefined);
  }

  /** Sends the stale answer; then, with its client served, runs the handler for a new one. */
  #refresh(visit: Visit, turn: Turn, stale: CacheResult<string>, over: Promise<void>): Observable<unknown> {
    const { exchange } = visit;
    const before = exchange.headers();
    this.#deliver(visit, answerOf(stale), 'STALE');
    const run = async (): Promise<Observable<unknown>> => {
      // What looks at answers that are out sees this one first.
      await new Promise((resolve) => exchange.onceOver(() => setImmediate(resolve)));
      exchange.detach(before, (sending) => turn.settle(this.#outcomeOf(visit, before, sending)));
      // Another replica may have been faster.
      if ((await Promise.race([turn.leads, over])) !== 'leads') return of(undefined);
      const failed = (): void => turn.settle('failed');
      return visit.handle().pipe(tap({ error: failed, unsubscribe: failed }));
    };
    return from(run()).pipe(mergeAll());
  }

  #outcomeOf(visit: Visit, before: OutgoingHttpHeaders, { body }: Sending): Outcome {
    const { exchange, policy, options, key } = visit;
    if (exchange.status >= 500) return 'failed';
    if (exchange.status !== 200) return 'not kept';
    const headers = exchange.headers();
    const isShared = options.scope === 'shared';
    const isKept = body !== undefined && this.#isKept(body) && forbidden(headers, isShared, policy.vary) === undefined;
    const kept = isKept ? keptHeaders(before, headers) : undefined;
    const tags = kept === undefined ? undefined : this.#tagsOf(visit, body!);
    if (kept === undefined || tags === undefined) {
      this.#passes.add(key.text);
      return 'not kept';
    }
    const { etag = entityTag(body!), ...rest } = kept;
    return { body: body!, headers: rest, etag, tags };
  }

  #isKept(body: Buffer): boolean {
    return body.length > 0 && body.length <= this.#maxBytes && isUtf8(body);
  }

  #tagsOf({ options, request, exchange }: Visit, body: Buffer): readonly string[] | undefined {
    try {
      return checkedTags(tagsFor(options.tags, () => bodyValue(exchange, body), [request]));
    } catch (error) {
      this.#logger.error(`An answer was not kept, because its tags could not be made: ${String(error)}`);
      return undefined;
    }
  }

  #deliver(asking: Asking, answer: Answer, mark: CacheMark): void {
    const { exchange } = asking;
    const { etag, body, ageMs } = answer;
    tell(exchange, this.#toldOf(asking, answer));
    exchange.setHeader('x-cache', mark);
    if (mark !== 'MISS') exchange.setHeader('age', String(Math.floor(ageMs / 1_000)));
    if (!isKnown(exchange.header('if-none-match'), etag)) return exchange.send(200, body);
    exchange.removeHeader('content-type');
    exchange.removeHeader('content-length');
    exchange.send(304, undefined);
  }

  #hitOf(asking: Asking, answer: Answer): HttpHit {
    const { etag, body, ageMs } = answer;
    return { headers: this.#toldOf(asking, answer).list, etag, body, ageSeconds: Math.floor(ageMs / 1_000) };
  }

  #toldOf({ key, policy }: Asking, answer: Answer): Told {
    const known = this.#told.get(answer.body);
    if (known?.policy === policy) return known;
    const made = told(answer, key.shown, policy);
    this.#told.set(answer.body, made);
    return made;
  }
}

function answerOf(found: CacheResult<string>): Answer {
  const { text: body, attributes: headers, etag = entityTag(body), tags, ageMs } = found;
  return { body, headers, etag, tags, ageMs };
}

/** Who says what it has already wants to know whether that still holds, which the cache knows; `fetch` adds no-cache to that. */
function wantsFresh({ options, exchange }: Asking): boolean {
  if (!mayRefresh(options) || exchange.header('if-none-match') !== undefined) return false;
  const control = exchange.header('cache-control') ?? exchange.header('pragma') ?? '';
  return /\bno-cache\b/i.test(control);
}

/** Whether a request says that its answer must not be kept, and has a say. */
export function wantsNoStore(options: CachedOptions, exchange: Exchange): boolean {
  return mayRefresh(options) && /\bno-store\b/i.test(exchange.header('cache-control') ?? '');
}

function mayRefresh({ clientMayRefresh, scope }: CachedOptions): boolean {
  return clientMayRefresh ?? scope !== 'shared';
}

function isKept(result: CacheResult<string | undefined>): result is CacheResult<string> {
  return result.value !== undefined;
}
