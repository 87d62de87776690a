import { CacheError } from './errors.ts';
import { checkedKey, MAX_NAME_LENGTH } from './key.ts';

/** How values live. All times are milliseconds. */
export interface LifeOptions {
  /** How long a value is fresh. Default 300 000; at most {@link NamespaceOptions.maxTtl}. */
  readonly ttl?: number;
  /**
   * How long after that it may still be served while a newer one is being loaded, and where loading fails. Default 0.
   * An entry is kept that long for conditional refreshes too.
   */
  readonly staleFor?: number;
  /** The share of `ttl` that chance takes away, so that what was loaded together does not end together. Default 0.1. */
  readonly jitter?: number;
}

/** How values are loaded. All times are milliseconds. */
export interface LoadOptions extends LifeOptions {
  /** How long it is remembered that the loader found nothing (gave `undefined`). Default 0: not at all. */
  readonly negativeTtl?: number;
  /**
   * How long a caller waits for the loader before it takes a stale value, where there is one. Default 0: it takes it at once
   * (stale while revalidate). `Infinity`: it waits for the loader's end.
   */
  readonly softTimeoutMs?: number;
  /** How long a caller waits at all, and how long a loader may take, before it has failed. Default 30 000. */
  readonly hardTimeoutMs?: number;
  /** Whether a stale value is served where the loader fails. Default true. */
  readonly staleOnError?: boolean;
}

/** What holds for a namespace, unless a call says otherwise. */
export interface NamespaceOptions extends LoadOptions {
  /** The longest life that a call may ask for. Default 3 600 000. */
  readonly maxTtl?: number;
  /**
   * Nobody else can make its entries wrong: they are named by what they are made of, such as a file's content. Neither its
   * invalidations nor its entries leave the process and its disk, and what is on disk holds after a restart. Default false.
   */
  readonly local?: boolean;
}

/** Options of one call. */
export interface ComputeOptions extends LoadOptions {
  /** What the value is made from: invalidating one of them invalidates it. At most 64. */
  readonly tags?: readonly string[];
  /** Ends this caller's waiting; the load goes on for the others. */
  readonly signal?: AbortSignal;
}

/** Options of a value that is given, not loaded. */
export interface SetOptions extends LifeOptions {
  readonly tags?: readonly string[];
  readonly etag?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Everything decided. */
export interface Life {
  readonly ttl: number;
  readonly staleFor: number;
  readonly jitter: number;
}

export interface Loading extends Life {
  readonly negativeTtl: number;
  readonly softTimeoutMs: number;
  readonly hardTimeoutMs: number;
  readonly staleOnError: boolean;
}

export interface NamespaceDefaults extends Loading {
  readonly maxTtl: number;
  readonly local: boolean;
}

export const MAX_TAGS = 64;
/** The longest etag, and the most that attributes take with their names, in UTF-16 units. */
const MAX_ETAG_LENGTH = 16_384;
const MAX_ATTRIBUTES_LENGTH = 65_536;
/** Nothing is kept for longer, fresh and stale together; what marks invalidations in a store is kept for as long. */
export const MAX_KEEP_MS = 7 * 24 * 3_600_000;
/** The longest that a loader may take. */
export const MAX_LOAD_MS = 600_000;

const DEFAULTS: NamespaceDefaults = Object.freeze({
  ttl: 300_000,
  maxTtl: 3_600_000,
  staleFor: 0,
  jitter: 0.1,
  negativeTtl: 0,
  softTimeoutMs: 0,
  hardTimeoutMs: 30_000,
  staleOnError: true,
  local: false,
});

/** Options with others in the place of those that they do not name, or name as undefined. */
export function withOthers(options: NamespaceOptions = {}, others: NamespaceOptions): NamespaceOptions {
  const named = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...others, ...Object.fromEntries(named) };
}

/** @throws CacheError `invalid_option` */
export function namespaceDefaults(options: NamespaceOptions = {}): NamespaceDefaults {
  const maxTtl = within('maxTtl', options.maxTtl ?? DEFAULTS.maxTtl, 1, MAX_KEEP_MS);
  const ttl = options.ttl ?? Math.min(DEFAULTS.ttl, maxTtl);
  return Object.freeze({
    ...loadingOf({ ...options, ttl }, { ...DEFAULTS, maxTtl }),
    maxTtl,
    local: options.local ?? false,
  });
}

/** @throws CacheError `invalid_option` */
export function lifeOf(options: LifeOptions, defaults: NamespaceDefaults): Life {
  return {
    ttl: within('ttl', options.ttl ?? defaults.ttl, 1, defaults.maxTtl),
    staleFor: within('staleFor', options.staleFor ?? defaults.staleFor, 0, MAX_KEEP_MS - defaults.maxTtl),
    jitter: within('jitter', options.jitter ?? defaults.jitter, 0, 1),
  };
}

/** @throws CacheError `invalid_option` */
export function loadingOf(options: LoadOptions, defaults: NamespaceDefaults): Loading {
  const { softTimeoutMs: soft = defaults.softTimeoutMs } = options;
  return {
    ...lifeOf(options, defaults),
    negativeTtl: within('negativeTtl', options.negativeTtl ?? defaults.negativeTtl, 0, defaults.maxTtl),
    softTimeoutMs: soft === Infinity ? soft : within('softTimeoutMs', soft, 0, MAX_LOAD_MS),
    hardTimeoutMs: within('hardTimeoutMs', options.hardTimeoutMs ?? defaults.hardTimeoutMs, 1, MAX_LOAD_MS),
    staleOnError: options.staleOnError ?? defaults.staleOnError,
  };
}

/** @throws CacheError `invalid_key` */
export function checkedTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags as unknown)) throw new CacheError('invalid_key', 'tags', 'must be a list of strings');
  if (tags.length > MAX_TAGS) throw new CacheError('invalid_key', 'tags', `must be at most ${MAX_TAGS}`);
  for (const tag of tags) checkedKey(tag, 'tag', MAX_NAME_LENGTH);
  return tags;
}

/** @throws CacheError `invalid_option` */
export function checkedEtag(etag: string): string {
  if (typeof etag === 'string' && etag.length <= MAX_ETAG_LENGTH) return etag;
  throw new CacheError('invalid_option', 'etag', `must be text of at most ${MAX_ETAG_LENGTH} characters`);
}

/** A copy, out of reach of who gave them. @throws CacheError `invalid_option` */
export function checkedAttributes(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (typeof attributes !== 'object' || attributes === null) {
    throw new CacheError('invalid_option', 'attributes', 'must be an object of strings');
  }
  let length = 0;
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== 'string') {
      throw new CacheError('invalid_option', `attributes.${name}`, `must be a string; it is ${typeof value}`);
    }
    length += name.length + value.length;
  }
  if (length <= MAX_ATTRIBUTES_LENGTH) return Object.freeze({ ...attributes });
  throw new CacheError('invalid_option', 'attributes', `must be at most ${MAX_ATTRIBUTES_LENGTH} characters`);
}

/** A number of milliseconds, or a share, within its bounds. @throws CacheError `invalid_option` */
export function within(field: string, value: number, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new CacheError('invalid_option', field, `must be a number from ${min} to ${max}; it is ${String(value)}`);
}
