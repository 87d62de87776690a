import { validate, type PayloadOf, type PublishContract } from '@purser/contracts';
import { decode, encode } from './envelope.ts';
import { outgoingHeaders } from './message-context.ts';
import type { MessageTransport } from './transport.ts';

/**
 * A publish contract for what is no controller: sent and listened to at any time, also before the app listens. Whoever
 * publishes and listens hears itself too.
 */
export class PublishChannel<C extends PublishContract> {
  readonly #transport: MessageTransport;
  readonly #contract: C;
  readonly #onProblem: (error: unknown) => void;

  /** @param onProblem told of what could not be read, or not be handled */
  constructor(transport: MessageTransport, contract: C, onProblem: (error: unknown) => void) {
    this.#transport = transport;
    this.#contract = contract;
    this.#onProblem = onProblem;
  }

  /**
   * Sends to every replica that listens; it may be lost.
   *
   * @throws DomainError `message_too_large`, or `internal` for what JSON can't carry
   */
  publish(payload: PayloadOf<C>): void {
    this.#transport.publish(this.#contract.subject, encode(payload), outgoingHeaders());
  }

  /**
   * Calls `handler` with every payload, once it is received by everybody's messages; what it throws is a problem. Resolves
   * to what ends it. Rejects with DomainError `unavailable` where there is no connection.
   */
  async subscribe(handler: (payload: PayloadOf<C>) => void): Promise<() => void> {
    await this.#transport.connect();
    const receiver = this.#transport.serve(this.#contract.subject, undefined, ({ body }) => {
      try {
        handler(validate<C['payload']>(this.#contract.payload, decode(body)) as PayloadOf<C>);
      } catch (error) {
        this.#onProblem(error);
      }
    });
    try {
      await this.#transport.flush();
    } catch (error) {
      await receiver.stop();
      throw error;
    }
    return () => void receiver.stop();
  }
}
