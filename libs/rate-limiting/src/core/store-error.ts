/**
 * Why a store could not decide:
 *
 * - `unavailable`: it can't be reached, or breaks off.
 * - `late`: it did not answer within the deadline.
 * - `overloaded`: too many calls wait for its answers already.
 * - `bad-answer`: it answers, but with something that no script of ours answers, or it holds something that we did not write.
 * - `closed`: it was closed by its owner.
 */
export type StoreFailure = 'unavailable' | 'late' | 'overloaded' | 'bad-answer' | 'closed';

/**
 * A store that could not decide. What was asked was not granted: what the store grants after its deadline it takes back as soon
 * as it learns of it. Every `reason` but `bad-answer` and `closed` may be gone at the next call.
 */
export class LimitStoreError extends Error {
  override readonly name = 'LimitStoreError';
  readonly reason: StoreFailure;

  constructor(reason: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
