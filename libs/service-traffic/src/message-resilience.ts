import { DomainError } from '@purser/errors';
import type { GuardedRequest, RequestGuard } from '@purser/messaging';
import { BreakerOpen, dependency, type Dependency, type DependencyStatistics } from '@purser/resilience/core';
import { moneySubjects } from './money-subjects.ts';

/** What changes nothing, by the verb at the end of its subject. */
const READS = /\.(get|list|read|stats|sum|top|latency|dashboard|policy|revision)$/;
/** There are four services. */
const MOST_SERVICES = 100;

/**
 * What a service's requests to others go through. A service that does not answer in time is not asked for a while, so that
 * whoever needs it learns so at once. Reads are tried again where that may help, within a budget; what may change something is
 * asked once. The messages of money have a protocol of their own for both, and are never held up.
 */
export class MessageResilience {
  readonly #services = new Map<string, Dependency>();

  /** For `MessagingModule.forRoot({ guard })`. */
  readonly guard: RequestGuard = (request, ask) =>
    moneySubjects.has(request.subject) ? ask(request.deadlineMs) : this.#ask(request, ask);

  /** Of each service that was asked, as `messages/<service>`. */
  statistics(): DependencyStatistics[] {
    return [...this.#services.values()].map((service) => service.statistics());
  }

  async #ask({ subject, deadlineMs, signal }: GuardedRequest, ask: Parameters<RequestGuard>[1]): Promise<unknown> {
    const name = subject.slice(0, subject.indexOf('.'));
    const endsAt = performance.now() + deadlineMs;
    try {
      const askInTime = () => ask(Math.max(1, endsAt - performance.now()));
      return await this.#service(name).run(askInTime, { signal, mayRetry: READS.test(subject) });
    } catch (error) {
      if (error instanceof BreakerOpen) throw notAsked(name, subject, error);
      if (!signal?.aborted || error instanceof DomainError) throw error;
      const message = `The caller of ${subject} no longer waits for the answer.`;
      throw new DomainError('cancelled', message, { subject }, { cause: error });
    }
  }

  #service(name: string): Dependency {
    const known = this.#services.get(name);
    if (known) return known;
    const service = dependency({
      name: `messages/${name}`,
      retry: { attempts: 2, baseMs: 50, retryIf: mayPass },
      breaker: { isFailure: isLate, openMs: 500, maxOpenMs: 2_000 },
    });
    this.#services.set(name, service);
    if (this.#services.size > MOST_SERVICES) this.#services.delete(this.#services.keys().next().value!);
    return service;
  }
}

function notAsked(service: string, subject: string, { retryAfterMs }: BreakerOpen): DomainError {
  const message = `The service ${service} did not answer in time of late, and is not asked for now.`;
  return new DomainError('unavailable', message, { subject, retryAfterMs: Math.ceil(retryAfterMs) });
}

/** It was not late, so there is time for another attempt, which may find the service well. */
function mayPass(error: unknown): boolean {
  return error instanceof DomainError && error.retryable && error.code === 'unavailable';
}

/** Whatever else it says, it answered; and that nobody serves it is known at once. */
function isLate(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'deadline_exceeded';
}
