import { DomainError } from '@purser/errors';
import type { GuardedRequest, RequestGuard } from '@purser/messaging';
import { BreakerOpen, dependency, type Dependency, type DependencyStatistics } from '@purser/resilience/core';
import { moneySubjects } from './money-subjects.ts';

/** What changes nothing, by the verb at the end of its subject. */
const READS = /\.(get|list|read|stats|sum|top|latency|dashboard|policy|revision)$/;
/** There are some hundred. */
const MOST_SUBJECTS = 1_000;
/** A request that had less than this share of its contract's time says nothing by being late. */
const FAIR_SHARE = 0.9;

/**
 * What a service's requests to others go through. A subject that is not answered in time is not asked for a while, so that
 * whoever needs it learns so at once; other subjects of its service are asked all the same. Being late counts only where the
 * request had about as long as its contract gives it: that callers had hardly any time left says nothing. Reads are tried again where that may help, within a budget; what may change something is
 * asked once. The messages of money have a protocol of their own for both, and are never held up.
 */
export class MessageResilience {
  readonly #subjects = new Map<string, Dependency>();

  /** For `MessagingModule.forRoot({ guard })`. */
  readonly guard: RequestGuard = (request, ask) =>
    moneySubjects.has(request.subject) ? ask(request.deadlineMs) : this.#ask(request, ask);

  /** Of each subject that was asked, as `messages/<subject>`. */
  statistics(): DependencyStatistics[] {
    return [...this.#subjects.values()].map((subject) => subject.statistics());
  }

  async #ask(request: GuardedRequest, ask: Parameters<RequestGuard>[1]): Promise<unknown> {
    const { subject, deadlineMs, contractMs, signal } = request;
    const endsAt = performance.now() + deadlineMs;
    const isHurried = deadlineMs < FAIR_SHARE * contractMs;
    try {
      const askInTime = async () => {
        try {
          return await ask(Math.max(1, endsAt - performance.now()));
        } catch (error) {
          throw isHurried && isLate(error) ? new Hurried(error) : error;
        }
      };
      return await this.#dependencyOf(subject).run(askInTime, { signal, mayRetry: READS.test(subject) });
    } catch (error) {
      if (error instanceof Hurried) throw error.cause;
      if (error instanceof BreakerOpen) throw notAsked(subject, error);
      if (!signal?.aborted || error instanceof DomainError) throw error;
      const message = `The caller of ${subject} no longer waits for the answer.`;
      throw new DomainError('cancelled', message, { subject }, { cause: error });
    }
  }

  #dependencyOf(subject: string): Dependency {
    const known = this.#subjects.get(subject);
    if (known) return known;
    const made = dependency({
      name: `messages/${subject}`,
      retry: { attempts: 2, baseMs: 50, retryIf: mayPass },
      breaker: { isFailure: speaksAgainst, openMs: 500, maxOpenMs: 2_000 },
    });
    this.#subjects.set(subject, made);
    if (this.#subjects.size > MOST_SUBJECTS) this.#subjects.delete(this.#subjects.keys().next().value!);
    return made;
  }
}

/** It was late, and had hardly any time. */
class Hurried extends Error {
  constructor(cause: unknown) {
    super('hurried', { cause });
  }
}

function notAsked(subject: string, cause: BreakerOpen): DomainError {
  const message = `${subject} was not answered in time of late, and is not asked for now.`;
  return new DomainError('unavailable', message, { subject, retryAfterMs: Math.ceil(cause.retryAfterMs) }, { cause });
}

/** It was not late, so there is time for another attempt, which may find the service well. */
function mayPass(error: unknown): boolean {
  return error instanceof DomainError && error.retryable && error.code === 'unavailable';
}

/** Whatever else it says, it answered; and that nobody serves it is known at once. Undefined says nothing. */
function speaksAgainst(error: unknown): boolean | undefined {
  return error instanceof Hurried ? undefined : isLate(error);
}

function isLate(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'deadline_exceeded';
}
