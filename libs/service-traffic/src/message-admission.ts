import { DomainError } from '@purser/errors';
import type { AdmitMessage } from '@purser/messaging';
import { Limiter, MemoryStore, rateLimit, type LimiterStatistics, type RateLimit } from '@purser/rate-limiting/core';
import { moneySubjects } from './money-subjects.ts';
import type { MessageConfig } from './traffic-variables.ts';

const UNNAMED = 'unnamed';
const LONGEST_NAME = 128;
/** There are four services: more callers than this are made up. */
const MOST_CALLERS = 1_000;

/**
 * Limits how many requests a second each calling service may make of this replica, all subjects together but those of money
 * (`hello`, `lease`, `settle`, `recover`).
 */
export class MessageAdmission {
  readonly #limit: RateLimit;
  readonly #limiter = new Limiter({ store: new MemoryStore({ mostBuckets: MOST_CALLERS }), mostClients: MOST_CALLERS });

  /** @param perSecond a whole number of at least 1 */
  constructor(perSecond: number) {
    this.#limit = rateLimit('messages', { amount: perSecond, perMs: 1_000 });
  }

  /** For `messagingStrategy(transport, { admit })`. */
  readonly admit: AdmitMessage = (caller, subject) => {
    if (moneySubjects.has(subject)) return undefined;
    const client = caller !== undefined && caller !== '' && caller.length <= LONGEST_NAME ? caller : UNNAMED;
    const answer = this.#limiter.take([{ limit: this.#limit, subject: client }], { client });
    // In memory it is decided at once.
    if (answer instanceof Promise || answer.allowed) return undefined;
    const message = `The service ${client} makes more than ${this.#limit.amount} requests a second of this one.`;
    const { retryAfterMs } = answer;
    return new DomainError('rate_limit_exceeded', message, { limit: 'messages', caller: client, retryAfterMs });
  };

  statistics(): LimiterStatistics {
    return this.#limiter.statistics();
  }

  close(): Promise<void> {
    return this.#limiter.close();
  }
}

/** The limit that is configured; undefined where there is none. */
export function messageAdmission({ MESSAGES_PER_SECOND: perSecond }: MessageConfig): MessageAdmission | undefined {
  return perSecond === 0 ? undefined : new MessageAdmission(perSecond);
}
