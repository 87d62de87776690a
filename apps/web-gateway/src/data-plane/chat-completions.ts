import { DomainError, invalidField } from '@purser/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Snapshot } from '../configuration/snapshot.ts';
import { requireJson } from '../json/content-type.ts';
import { RequestAdmission } from '../limits/request-admission.ts';
import { ChatExchange } from './chat-exchange.ts';
import { ClientAnswer } from './client-answer.ts';
import type { DataPlaneServices } from './data-plane-services.ts';

/** Serves chat completions, and knows how many are under way: also those whose client is gone but whose provider is not. */
export class ChatCompletions {
  readonly #configuration: { readonly current: Snapshot | undefined };
  readonly #services: DataPlaneServices;
  readonly #idle = new Set<() => void>();
  #inFlight = 0;

  constructor(configuration: { readonly current: Snapshot | undefined }, services: DataPlaneServices) {
    this.#configuration = configuration;
    this.#services = services;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Answers one request. Resolves when all that was taken for it is given back.
   *
   * @throws DomainError (as a rejection) where the client has got nothing yet: the framework's filter answers it
   */
  async serve(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const answer = new ClientAnswer(reply);
    const admission = this.#admit(request);
    const exchange = new ChatExchange(this.#services, answer, {
      caller: request.caller,
      snapshot: this.#snapshot(),
      requestId: request.id,
      admission,
      cacheHeader: request.headers['x-purser-cache'],
    });
    this.#inFlight += 1;
    try {
      await exchange.serve(bodyOf(request));
    } catch (error) {
      void reply.header('x-response-time-ms', answer.elapsedMs);
      if (exchange.attempts > 0) void reply.header('x-purser-attempts', exchange.attempts);
      throw error;
    } finally {
      admission.end();
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#sayIdle();
    }
  }

  /** Resolves to whether nothing was under way before `deadlineMs` had passed. Who asks sees to it that nothing new comes. */
  whenIdle(deadlineMs: number): Promise<boolean> {
    if (this.#inFlight === 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      this.#idle.delete(done);
      resolve(false);
    }, deadlineMs);
    this.#idle.add(done);
    return promise;
  }

  /** Where limits of its own apply, the request has one already, which was looked at before its body was read. */
  #admit({ count, caller }: FastifyRequest): RequestAdmission {
    return count instanceof RequestAdmission ? count : this.#services.limits.admit(caller);
  }

  #snapshot(): Snapshot {
    const { current } = this.#configuration;
    if (current) return current;
    throw new DomainError('unavailable', 'The configuration has not been read yet.');
  }

  #sayIdle(): void {
    for (const done of this.#idle) done();
    this.#idle.clear();
  }
}

function bodyOf({ headers, body }: FastifyRequest): Buffer {
  requireJson(headers);
  if (Buffer.isBuffer(body)) return body;
  throw invalidField('body', 'must not be empty');
}
