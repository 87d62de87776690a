/** What may be wrong with a call. */
export type CacheErrorCode =
  /** A key, prefix, pattern, tag or namespace is empty, too long, or has characters that it must not have. */
  | 'invalid_key'
  /** A value that JSON can't carry as it is: a function, a symbol, a BigInt, a cycle, NaN; or one that is too large. */
  | 'invalid_value'
  /** An option is out of its bounds. */
  | 'invalid_option'
  /** The loader gave nothing within `hardTimeoutMs`. What it gives later is dropped. */
  | 'load_timeout'
  /** The cache is closed. */
  | 'closed';

/**
 * A call that the cache could not serve. It is thrown to the caller alone, and changes nothing. Everything else that goes
 * wrong behind the cache (a tier, the bus) is counted and reported, and never thrown.
 */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly code: CacheErrorCode;
  /** The argument or option at fault. */
  readonly field: string;
  /** The message without the field. */
  readonly problem: string;

  constructor(code: CacheErrorCode, field: string, problem: string, options?: ErrorOptions) {
    super(`${field}: ${problem}`, options);
    this.code = code;
    this.field = field;
    this.problem = problem;
  }
}

/** What every call is told once the cache is closed. */
export function closed(): CacheError {
  return new CacheError('closed', 'cache', 'is closed');
}

export function loadTimeout(key: string, hardTimeoutMs: number): CacheError {
  return new CacheError('load_timeout', 'hardTimeoutMs', `nothing was loaded for ${key} in ${hardTimeoutMs} ms`);
}

export function isLoadTimeout(error: unknown): boolean {
  return error instanceof CacheError && error.code === 'load_timeout';
}
