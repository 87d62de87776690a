/** An event as a service's outbox table holds it. */
export interface OutboxEvent {
  readonly id: string;
  readonly subject: string;
  /** As it was given to `newEvent`, after JSON. */
  readonly payload: unknown;
}

/**
 * A service's outbox, implemented by its repository. Rows are added in the transaction of the change that they tell of.
 */
export interface OutboxStore {
  /**
   * In one transaction: takes up to `limit` unpublished events in the order in which they were added, hands them to
   * `deliver`, and marks them published once that has resolved. When `deliver` rejects, none is marked and the rejection
   * is passed on.
   *
   * Only one caller at a time gets events (a lock that others don't wait for: an advisory lock, or SKIP LOCKED on the
   * head); the others get 0. Otherwise two replicas would publish out of order.
   *
   * @returns how many were marked; 0 when there was nothing, or another replica is at it
   */
  takeBatch(limit: number, deliver: (events: readonly OutboxEvent[]) => Promise<void>): Promise<number>;
}
