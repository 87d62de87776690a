/** How a pool makes, checks and ends what it lends. */
export interface ResourceFactory<T> {
  /** Makes one. `signal` is aborted when its time is over; what it gives afterwards is destroyed. */
  create(signal: AbortSignal): Promise<T> | T;
  /** Ends one, whatever state it is in. May give a promise. */
  destroy(resource: T): unknown;
  /** Asks over the wire whether it still works; may give a promise. Dead where it gives false, throws, or is silent for `checkTimeoutMs`. */
  check?(resource: T, signal: AbortSignal): unknown;
  /** Whether it is known to be dead, without asking anybody: called at each acquire and release, so it has to be fast. */
  isUsable?(resource: T): boolean;
  /** Whether no other try to create will mend this, such as a wrong password: whoever waits is told at once. Default: no. */
  isFinal?(error: unknown): boolean;
  /** Whether this error of `withResource`'s work says that the resource must not be lent again. Default: no. */
  breaks?(error: unknown): boolean;
}
