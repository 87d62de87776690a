import { randomUUID } from 'node:crypto';
import type { PayloadOf, PublishContract } from '@purser/contracts';
import { PublishChannel } from './publish-channel.ts';
import type { MessageTransport } from './transport.ts';

/** A question to all replicas that listen. Both contracts carry an `askId`, by which answers are told apart. */
export interface FleetQuestion<A extends PublishContract, T extends PublishContract> {
  readonly ask: A;
  readonly tell: T;
  /** Who gave an answer. */
  readonly replicaOf: (answer: PayloadOf<T>) => string;
}

/** What {@link askFleet} waits for. */
export interface FleetAskOptions {
  /** Replicas that are known to be there: once all of them have answered, nobody is waited for any longer. */
  readonly expected: Iterable<string>;
  /** How long they are waited for. Default 1 000. */
  readonly timeoutMs?: number;
}

/** One answer of each replica that gave one in time, and those of the expected that gave none, by name. */
export interface FleetAnswers<T extends PublishContract> {
  readonly answers: readonly PayloadOf<T>[];
  readonly unanswered: readonly string[];
}

/** Asks all replicas at once. Rejects with DomainError `unavailable` where there is no connection. */
export async function askFleet<A extends PublishContract, T extends PublishContract>(
  transport: MessageTransport,
  { ask, tell, replicaOf }: FleetQuestion<A, T>,
  { expected, timeoutMs = 1_000 }: FleetAskOptions,
): Promise<FleetAnswers<T>> {
  const missing = new Set(expected);
  const askId = randomUUID();
  const answers = new Map<string, PayloadOf<T>>();
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  // Another version's answer that can't be read is one that did not come.
  const stop = await new PublishChannel(transport, tell, ignore).subscribe((answer) => {
    if ((answer as Asked).askId !== askId) return;
    const replica = replicaOf(answer);
    answers.set(replica, answer);
    missing.delete(replica);
    if (missing.size === 0) resolve();
  });
  const timer = setTimeout(resolve, timeoutMs);
  try {
    new PublishChannel(transport, ask, ignore).publish({ askId } as PayloadOf<A>);
    await complete;
  } finally {
    clearTimeout(timer);
    stop();
  }
  return { answers: [...answers.values()], unanswered: [...missing].toSorted() };
}

/**
 * Answers a question whenever it is asked. Resolves to what ends that; rejects with DomainError `unavailable` where there is
 * no connection.
 *
 * @param answer what the contract of the answer has beside `askId`
 * @param onProblem told of a question that could not be read, and of an answer that could not be given
 */
export function answerFleet<A extends PublishContract, T extends PublishContract>(
  transport: MessageTransport,
  { ask, tell }: FleetQuestion<A, T>,
  answer: () => Omit<PayloadOf<T>, 'askId'>,
  onProblem: (error: unknown) => void,
): Promise<() => void> {
  const answers = new PublishChannel(transport, tell, onProblem);
  return new PublishChannel(transport, ask, onProblem).subscribe((question) => {
    const { askId } = question as Asked;
    answers.publish({ askId, ...answer() } as PayloadOf<T>);
  });
}

interface Asked {
  readonly askId: string;
}

function ignore(): void {}
