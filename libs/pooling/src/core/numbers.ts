/** A pool at one moment. `inUse + idle + connecting` is never above `max`. */
export interface PoolNumbers {
  /** Lent, or being checked before they are. */
  readonly inUse: number;
  readonly idle: number;
  /** On their way: `create` was called and has not ended. */
  readonly connecting: number;
  /** Callers that wait for one. */
  readonly waiting: number;
  readonly max: number;
}

/** As messages show it. */
export function numbersText({ inUse, idle, connecting, waiting, max }: PoolNumbers): string {
  return `in use ${inUse}, idle ${idle}, connecting ${connecting}, waiting ${waiting}, max ${max}`;
}
