import { setImmediate } from 'node:timers/promises';
import type { Load, Loader } from '../../core/loader.ts';

/** An answer that can be kept and given to others. */
export interface KeptAnswer {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly tags: readonly string[];
}

/** A handler's answer that is not kept: those who waited for it run theirs. */
export type Outcome = KeptAnswer | 'not kept' | 'failed';

/** What a refresh in the background that failed tells the cache, so that it lets the source rest. */
class RefreshFailed extends Error {
  override readonly name = 'RefreshFailed';
  override readonly message = 'the handler failed';
}

/**
 * One request's part in loading an answer. The cache calls `load` on one request of those that want the same at a time: it
 * {@link leads}, which is to run its handler and to say by {@link settle} what came of it.
 */
export class Turn {
  readonly #leads = Promise.withResolvers<'leads'>();
  readonly #outcome = Promise.withResolvers<Outcome>();

  /** Resolves when it is this request's handler that has to run. */
  get leads(): Promise<'leads'> {
    return this.#leads.promise;
  }

  /** The first counts. */
  settle(outcome: Outcome): void {
    this.#outcome.resolve(outcome);
  }

  readonly load: Loader<string | undefined> = async (load: Load) => {
    // Who can be served the old answer gets it first, and then runs its handler.
    if (load.previous !== undefined) await setImmediate();
    this.#leads.resolve('leads');
    const outcome = await this.#outcome.promise;
    if (outcome === 'failed' && load.previous !== undefined) throw new RefreshFailed();
    if (typeof outcome === 'string') return undefined;
    load.tag(...outcome.tags);
    load.etag(outcome.etag);
    load.attributes(outcome.headers);
    return outcome.body.toString();
  };
}
