/**
 * What invalidations travel over between replicas: anything that reaches every subscriber, **also the publisher itself**, at
 * most once, in any order, or not at all. Payloads are JSON.
 */
export interface InvalidationBus {
  /** Sends to all who subscribe. A rejection, or an exception, means that it was not sent. */
  publish(message: unknown): void | Promise<void>;
  /** Calls `handler` with each message from now on. @returns what ends it */
  subscribe(handler: (message: unknown) => void): (() => void) | Promise<() => void>;
}
