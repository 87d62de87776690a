import { directivesIn, lastUserText } from './directives.ts';
import type { Directives } from './directives.ts';
import type { Fault } from './faults.ts';
import type { Tokens } from './money.ts';
import { integerFrom, randomFrom, seedFrom } from './random.ts';
import type { PricedModel, SimulatorSettings } from './settings.ts';
import { faultIn, modelIn, wholeNumberIn } from './request.ts';
import type { Body } from './request.ts';
import { WireError } from './wire-error.ts';

/** One of the `n` answers to a request. */
export interface Choice {
  /** Where its text begins: see `tokenText`. */
  readonly seed: number;
  readonly tokens: number;
  readonly finishReason: 'stop' | 'length';
}

/** Everything about an answer, fixed before its first byte. */
export interface ChatPlan {
  readonly model: PricedModel;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly choices: readonly Choice[];
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** What the provider reports and bills for a whole answer. */
  readonly usage: Tokens;
  readonly fault: Fault | undefined;
  /** Tokens of each choice after which a fault in mid-stream strikes. */
  readonly faultAfter: number;
  readonly firstByteMs: number;
  readonly perTokenMs: number;
}

/** What an answer carries beside what was planned. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly fingerprint: string;
}

/** What a plan is made from. */
export interface ChatRequest {
  readonly body: Body;
  readonly bodyBytes: number;
  readonly faultHeader: string | undefined;
}

/** What a plan is made against. */
export interface PlanContext {
  readonly seed: string;
  readonly settings: SimulatorSettings;
  readonly models: ReadonlyMap<string, PricedModel>;
  /** The fault that the schedule has for the next request of a model. */
  nextFault(model: string): Fault | undefined;
}

/** As many as OpenAI allows. */
const MAX_CHOICES = 128;
const TOKENS_PER_MESSAGE = 16;
const BYTES_PER_TOKEN = 4;

/**
 * Works out the answer to a request; its tokens and texts follow from the seed, the model and the messages.
 *
 * @throws {WireError} when the request is not one that OpenAI's API would accept
 */
export function planChat(request: ChatRequest, context: PlanContext): ChatPlan {
  const { body } = request;
  const { settings } = context;
  const messages = messagesOf(body);
  const { model, fault: modelFault } = modelIn(body, context.models);
  const directives = directivesIn(lastUserText(messages));
  const content = JSON.stringify(messages);
  const promptTokens = countPrompt(request, content, messages.length, directives, settings);
  const cap = outputCap(body, model);
  if (promptTokens > model.contextTokens) {
    const message = `This model's maximum context length is ${model.contextTokens} tokens, not ${promptTokens}.`;
    throw new WireError(400, message, { param: 'messages', code: 'context_length_exceeded' });
  }
  const scheduled = context.nextFault(model.id);
  const fault = faultIn(request.faultHeader) ?? directives.fault ?? modelFault ?? scheduled;
  const seed = seedFrom(context.seed, model.id, content);
  const choices = choicesOf(body, cap, seed, directives, settings);
  const cachedTokens = Math.min(directives.cached ?? Math.floor(promptTokens * settings.cachedShare), promptTokens);
  const completionTokens = choices.reduce((sum, { tokens }) => sum + tokens, 0);
  const usage =
    fault === 'usage-above-bound'
      ? aboveBound(request.bodyBytes, messages.length, cap * choices.length)
      : { promptTokens, cachedTokens, completionTokens };
  return {
    ...{ model, choices, promptTokens, cachedTokens, usage, fault },
    stream: body.stream === true,
    includeUsage: (body.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true,
    faultAfter: directives.after ?? Math.ceil(Math.max(...choices.map(({ tokens }) => tokens)) / 2),
    firstByteMs: directives.latency ?? settings.firstByteMs,
    perTokenMs: directives.perToken ?? (fault === 'slow-tokens' ? settings.slowTokenMs : settings.perTokenMs),
  };
}

/** What is billed for an answer of which every choice has so many tokens, or fewer if it is shorter. */
export function generated(plan: ChatPlan, tokensEach: number): Tokens {
  const completionTokens = plan.choices.reduce((sum, { tokens }) => sum + Math.min(tokens, tokensEach), 0);
  return { promptTokens: plan.promptTokens, cachedTokens: plan.cachedTokens, completionTokens };
}

/** The `usage` of an answer, as OpenAI prints it. */
export function usageOf({ promptTokens, cachedTokens, completionTokens }: Tokens): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function messagesOf(body: Body): readonly unknown[] {
  const { messages } = body;
  const valid = Array.isArray(messages) && messages.length > 0 && messages.every((message) => isMessage(message));
  if (!valid)
    throw new WireError(400, 'messages must be a list of {role, content}, at least one.', { param: 'messages' });
  return messages;
}

function isMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && typeof (message as { role?: unknown }).role === 'string';
}

function countPrompt(
  { body, bodyBytes }: ChatRequest,
  content: string,
  messageCount: number,
  { prompt }: Directives,
  settings: SimulatorSettings,
): number {
  const bound = bodyBytes + TOKENS_PER_MESSAGE * messageCount;
  if (prompt !== undefined) return prompt;
  if (settings.promptTokens === 'bound') return bound;
  const toolBytes = body.tools === undefined ? 0 : Buffer.byteLength(JSON.stringify(body.tools));
  // Printed anew, numbers can be longer than they came in: never more than the body's bytes could be.
  return Math.min(Math.ceil((Buffer.byteLength(content) + toolBytes) / BYTES_PER_TOKEN), bound);
}

function outputCap(body: Body, model: PricedModel): number {
  const given = ['max_completion_tokens', 'max_tokens'].map((param) =>
    wholeNumberIn(body, param, model.maxOutputTokens),
  );
  const caps = given.filter((cap) => cap !== undefined);
  return caps.length === 0 ? model.maxOutputTokens : Math.max(...caps);
}

function choicesOf(
  body: Body,
  cap: number,
  seed: number,
  { tokens: asked }: Directives,
  { minTokens, maxTokens }: SimulatorSettings,
): readonly Choice[] {
  const count = wholeNumberIn(body, 'n', MAX_CHOICES) ?? 1;
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => {
    const drawn = integerFrom(random, minTokens, maxTokens);
    const wanted = asked ?? drawn;
    return { seed: seed + index, tokens: Math.min(wanted, cap), finishReason: wanted > cap ? 'length' : 'stop' };
  });
}

/** Above the most that the request's bytes and caps allow, on both sides. */
function aboveBound(bodyBytes: number, messageCount: number, completionCap: number): Tokens {
  const promptTokens = bodyBytes + TOKENS_PER_MESSAGE * messageCount + 1;
  return { promptTokens, cachedTokens: 0, completionTokens: 2 * completionCap };
}
