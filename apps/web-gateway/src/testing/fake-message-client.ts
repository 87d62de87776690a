import { validate, type ReceivedOf, type RequestContract, type RequestOf, type ResponseOf } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { MessageClient, RequestOptions } from '@purser/messaging';

type Answer<C extends RequestContract> = (message: ReceivedOf<C>) => unknown;

/** A message as its receiver saw it: validated, defaults filled in. */
export interface Received {
  readonly subject: string;
  readonly message: Record<string, unknown>;
}

/**
 * Stands in for every other service: answers messages with functions of the test, and holds both sides to the contract
 * as the real transport does, payloads through JSON included. What nobody answers is `unavailable`.
 */
export class FakeMessageClient implements Pick<MessageClient, 'request' | 'publish' | 'inFlight'> {
  readonly received: Received[] = [];
  readonly inFlight = 0;
  readonly #answers = new Map<string, Answer<RequestContract>>();

  /** Answers `contract` from now on; the function may throw a DomainError, and return a promise. */
  answer<C extends RequestContract>(contract: C, answer: Answer<C>): this {
    this.#answers.set(contract.subject, answer as Answer<RequestContract>);
    return this;
  }

  /** What was received of `contract`, oldest first. */
  receivedOf(contract: RequestContract): Record<string, unknown>[] {
    return this.received.filter(({ subject }) => subject === contract.subject).map(({ message }) => message);
  }

  async request<C extends RequestContract>(
    contract: C,
    payload: RequestOf<C>,
    options: RequestOptions = {},
  ): Promise<ResponseOf<C>> {
    const message = validate(contract.request, JSON.parse(JSON.stringify(payload))) as Record<string, unknown>;
    this.received.push({ subject: contract.subject, message });
    const answer = this.#answers.get(contract.subject);
    if (answer === undefined) throw new DomainError('unavailable', `Nobody serves ${contract.subject}.`);
    const reply = await answer(message as never);
    if (options.signal?.aborted) throw new DomainError('cancelled', 'The wait was ended.');
    return validate(contract.response, JSON.parse(JSON.stringify(reply ?? {}))) as ResponseOf<C>;
  }

  publish(): void {
    // What the gateway publishes is nobody's business here.
  }
}
