import type { Demand, Grant, Limiter, RateLimit, Refusal, Standing } from '@purser/rate-limiting';
import { refusalError } from './limit-refusal.ts';
import type { RefusedUntil } from './refused-until.ts';

const NOTHING: readonly Standing[] = Object.freeze([]);

/** That a request was made, counted once by each of the limits on requests that apply to it. */
export class RequestCount {
  /** How these limits stood when they were last asked for this request: for the headers of its answer. */
  standings: readonly Standing[] = NOTHING;
  protected isCounted = false;

  constructor(
    protected readonly limiter: Limiter,
    protected readonly refused: RefusedUntil,
    protected readonly client: string,
    private readonly requests: readonly Demand<RateLimit>[],
  ) {}

  /** What is known already to refuse it, without asking. @throws DomainError `rate_limit_exceeded` */
  refuseKnown(): void {
    const known = this.refused.leftMs(this.requests);
    if (known === undefined) return;
    const { demand, retryAfterMs } = known;
    this.isCounted = true;
    this.refused.count += 1;
    this.standings = [{ limit: demand.limit, subject: demand.subject, remaining: 0, resetMs: retryAfterMs }];
    throw refusalError({ reason: 'rate', limit: demand.limit, retryAfterMs });
  }

  /**
   * Counts it, unless it is counted already.
   *
   * @throws DomainError (or rejects with it) `rate_limit_exceeded` where a limit refuses it
   */
  count(): void | Promise<void> {
    if (this.isCounted) return undefined;
    this.isCounted = true;
    if (this.requests.length === 0) return undefined;
    const answer = this.limiter.take(this.requests, { client: this.client });
    if (answer instanceof Promise) return answer.then((told) => this.#told(told));
    return this.#told(answer);
  }

  /** The request's next ones need not ask. */
  protected noteRefusal({ reason, limit, subject, retryAfterMs }: Refusal): void {
    if (reason !== 'rate' || retryAfterMs === undefined) return;
    const demand = this.requests.find((each) => each.limit === limit && each.subject === subject);
    if (demand !== undefined) this.refused.note(demand, retryAfterMs);
  }

  #told(answer: Grant | Refusal): void {
    this.standings = answer.standings;
    if (answer.allowed) return;
    this.noteRefusal(answer);
    throw refusalError(answer);
  }
}
