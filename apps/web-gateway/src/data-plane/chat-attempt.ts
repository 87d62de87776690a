import { cacheTags, type TokenUsage } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { formatNanos, formatUsd } from '@purser/money';
import type { Turn } from '../answer-cache/answer-cache.ts';
import { AnswerRecording } from '../answer-cache/answer-recording.ts';
import type { Keeping } from '../answer-cache/answer-store.ts';
import type { BudgetRef, Target } from '../configuration/snapshot.ts';
import type { RequestAdmission } from '../limits/request-admission.ts';
import type { ProviderEndpoint } from '../providers/provider-endpoint.ts';
import type { AttemptOutcome, Passage } from '../providers/provider-breakers.ts';
import type { OpenAttempt } from '../settlement/attempts.ts';
import type { BoundedRequest } from './attempt-bound.ts';
import { attemptCost, estimatedCost, noCost, NO_USAGE, type AttemptCost } from './attempt-cost.ts';
import { errorAnswer } from '../errors/error-answer.ts';
import type { ChatRequest } from './chat-request.ts';
import type { AnswerFacts, ClientAnswer } from './client-answer.ts';
import type { DataPlaneServices } from './data-plane-services.ts';
import { ProviderAnswer, type AnswerEnd, type AnswerReader } from './provider-answer.ts';
import { SeenOutput } from './seen-output.ts';
import { failedAnswer, failedCall, isProviderFailure, outcomeOf } from './provider-failure.ts';

/** What an attempt is made of. */
export interface AttemptPlan {
  readonly request: ChatRequest;
  readonly target: Target;
  readonly bounded: BoundedRequest;
  readonly budgets: readonly BudgetRef[];
  readonly requestId: string;
  /** 1 for the first of its request. */
  readonly number: number;
  /** Told what it used, and what the provider said of its limits. */
  readonly admission: Pick<RequestAdmission, 'countsTokens' | 'heed' | 'settle'>;
  /** What let it through; told how the provider does. */
  readonly passage: Passage;
  /** Where its answer is for others too; undefined where it is for its client alone. */
  readonly keeping?: Keeping & { readonly turn: Turn };
}

/**
 * One request to one provider, paid and recorded: sends it, passes the answer on, and closes it in the journal with what
 * it cost before the client gets the answer's last byte.
 */
export class ChatAttempt implements AnswerReader {
  readonly #services: DataPlaneServices;
  readonly #answer: ClientAnswer;
  readonly #plan: AttemptPlan;
  readonly #provided: ProviderAnswer;
  readonly #recording: AnswerRecording | undefined;
  readonly #seen: SeenOutput | undefined;
  #outcome: AttemptOutcome = { provider: 'unknown', mayRetry: false };

  constructor(services: DataPlaneServices, answer: ClientAnswer, plan: AttemptPlan) {
    this.#services = services;
    this.#answer = answer;
    this.#plan = plan;
    const { stream, includeUsage } = plan.request;
    this.#seen = plan.admission.countsTokens ? new SeenOutput(stream ? 'delta' : 'message') : undefined;
    this.#provided = new ProviderAnswer(this, {
      expectStream: stream,
      hideUsage: !includeUsage,
      seen: this.#seen,
    });
    this.#recording = plan.keeping && new AnswerRecording(services.answers.maxBytes);
    answer.onDrain = () => this.#provided.resume();
  }

  /** What it says of the provider, once it was made. */
  get outcome(): AttemptOutcome {
    return this.#outcome;
  }

  /**
   * Makes the attempt. Resolves when the connection to the provider is free again.
   *
   * @returns what to tell the client if no other target answers it; undefined where it has its answer, or went away
   */
  async run(endpoint: ProviderEndpoint, opened: OpenAttempt): Promise<DomainError | undefined> {
    const { admission, bounded, requestId, target } = this.#plan;
    const startedAt = performance.now();
    if (this.#answer.gone) {
      await this.#close(opened, noCost('not-sent'), startedAt);
      admission.settle(NO_USAGE, false);
      return undefined;
    }
    const headers = ['x-request-id', requestId, 'x-purser-usage-id', opened.usageId];
    const { totalMs } = this.#services.options.timeouts;
    const terms = { boundNanos: bounded.boundNanos, price: target.model.price };
    let end: AnswerEnd;
    let cost: AttemptCost;
    try {
      end = await this.#provided.request(endpoint, headers, bounded.body, totalMs);
      const { status } = this.#provided;
      cost = attemptCost(end, status, terms, this.#answer.gone);
      this.#outcome = outcomeOf(end, status, cost, this.#answer.gone);
      this.#plan.passage.end(this.#outcome);
    } catch (fault) {
      // A fault of ours must not leave the attempt open for ever.
      await this.#close(opened, estimatedCost(terms, 'cut'), startedAt);
      throw fault;
    }
    await this.#close(opened, cost, startedAt);
    const failure = this.#tell(end, cost);
    if (this.#provided.status > 0) admission.heed(this.#provided.status, this.#provided.headers);
    admission.settle(this.#reported(end, cost), failure === undefined, this.#seen?.tokens);
    const over = this.#provided.over;
    if (over) await over;
    return failure;
  }

  /** The client went away, but others wait for the answer. */
  readOn(): void {
    this.#provided.resume();
  }

  /** The client went away. */
  abandon(): void {
    const drains = this.#plan.target.provider.cancelledStreams === 'drain';
    this.#provided.abandon(drains ? this.#services.options.drainMs : 0);
  }

  onSent(): void {
    this.#plan.passage.onSent();
  }

  onHead(status: number): void {
    this.#plan.passage.onHead(status);
  }

  onPiece(bytes: Buffer): boolean {
    if (!this.#answer.started) this.#answer.begin(this.#provided.status, this.#provided.headers, this.#facts());
    this.#recording?.piece(bytes);
    return this.#answer.write(bytes);
  }

  /** Undefined where nobody knows what was used: then what came of the answer is all there is to go by. */
  #reported(end: AnswerEnd, { estimated, usage }: AttemptCost): TokenUsage | undefined {
    if (!estimated) return usage;
    if (end.kind === 'whole') this.#seen?.read(end.body);
    return undefined;
  }

  async #close(opened: OpenAttempt, cost: AttemptCost, startedAt: number): Promise<void> {
    const { firstByteAt, status } = this.#provided;
    try {
      await opened.close({
        cost: formatNanos(cost.costNanos),
        usage: cost.usage,
        status,
        reason: cost.reason,
        estimated: cost.estimated,
        latencyMs: milliseconds(performance.now() - startedAt),
        firstByteMs: firstByteAt === undefined ? null : milliseconds(firstByteAt - startedAt),
      });
    } catch (cause) {
      // What is not recorded must not look complete.
      if (this.#answer.started) this.#answer.destroy();
      throw new DomainError('internal', 'The answer came but could not be recorded.', {}, { cause });
    }
  }

  /** Gives the client the rest of its answer, where there is one for it. */
  #tell(end: AnswerEnd, cost: AttemptCost): DomainError | undefined {
    const { status, headers } = this.#provided;
    if (end.kind === 'failed') return failedCall(end.failure, status);
    if (end.kind === 'stream') return this.#endStream(end, cost);
    if (isProviderFailure(status)) return failedAnswer(status, headers, end.body);
    this.#keep(end.body, cost);
    this.#answer.whole(status, headers, end.body, this.#facts(cost));
    return undefined;
  }

  #endStream(end: Extract<AnswerEnd, { kind: 'stream' }>, cost: AttemptCost): DomainError | undefined {
    const answered = end.done !== undefined || (end.usage !== undefined && !end.failure);
    const failure = answered ? undefined : failedCall(end.failure ?? { kind: 'cut', message: ENDED_EARLY }, 0);
    if (failure && !this.#answer.started) return failure;
    if (failure && this.#answer.blocked) {
      this.#answer.destroy();
      return undefined;
    }
    if (!this.#answer.started) this.#answer.begin(this.#provided.status, this.#provided.headers, this.#facts());
    const comment = costComment(cost.costNanos);
    const last = failure ? this.#errorEvent(failure) : end.done;
    // Others are told what it costs them: nothing.
    if (end.done && !failure) this.#keep(Buffer.concat([costComment(0n), end.done]), cost);
    this.#answer.end(last ? Buffer.concat([comment, last]) : comment);
    return undefined;
  }

  /** Gives the answer to others before its own client has the last byte of it, so that its next request finds it. */
  #keep(last: Buffer, { estimated }: AttemptCost): void {
    const { keeping, target } = this.#plan;
    // An answer without a usage may be anything, such as an error with the status of a success.
    if (!keeping || !this.#recording || estimated || this.#provided.status !== 200) return;
    this.#recording.piece(last);
    const answer = this.#recording.answer(target.model.id, this.#provided.headers);
    const tags = [...keeping.tags, cacheTags.model(target.model.id), cacheTags.provider(target.provider.id)];
    if (answer) keeping.turn.keep(answer, { ttlMs: keeping.ttlMs, tags });
  }

  /** How OpenAI's API tells an error amid a stream; its clients throw it. */
  #errorEvent(error: DomainError): Buffer {
    return Buffer.from(`data: ${errorAnswer(error, '/v1/chat/completions', this.#plan.requestId).body}\n\n`);
  }

  #facts(cost?: AttemptCost): AnswerFacts {
    const { target, budgets, number } = this.#plan;
    const remainingNanos = this.#services.reservations.remainingNanos(budgets);
    return { target, attempts: number, costNanos: cost?.costNanos, remainingNanos };
  }
}

function costComment(costNanos: bigint): Buffer {
  return Buffer.from(`: x-purser-cost-usd ${formatUsd(costNanos)}\n\n`);
}

const ENDED_EARLY = 'The answer ended before it was complete.';

function milliseconds(elapsed: number): number {
  return Math.round(elapsed * 100) / 100;
}
