import { directivesIn } from './directives.ts';
import type { Exchange } from './exchange.ts';
import type { Fault } from './faults.ts';
import { NO_TOKENS } from './money.ts';
import type { PlanContext } from './chat-plan.ts';
import { randomFrom, seedFrom } from './random.ts';
import { faultIn, modelIn, wholeNumberIn } from './request.ts';
import type { Body } from './request.ts';
import { strikesFirst } from './strike.ts';
import { WireError, errorInside } from './wire-error.ts';

const MAX_INPUTS = 2_048;
const MAX_DIMENSIONS = 4_096;
const DEFAULT_DIMENSIONS = 256;
const BYTES_PER_TOKEN = 4;

/** A text, or a list of token numbers. */
type Input = string | readonly number[];

/**
 * Answers an embeddings request and bills its prompt. A vector has length 1 and follows from the seed, the model and the
 * input. Faults that need a stream don't strike here; `drop-mid-stream` cuts the connection before the first byte.
 *
 * @throws {WireError} when the request is not one that OpenAI's API would accept
 */
export async function answerEmbeddings(exchange: Exchange, body: Body, context: PlanContext): Promise<void> {
  const { model, fault: modelFault } = modelIn(body, context.models);
  exchange.model = model;
  const inputs = inputsOf(body);
  const dimensions = wholeNumberIn(body, 'dimensions', MAX_DIMENSIONS) ?? DEFAULT_DIMENSIONS;
  const base64 = body.encoding_format === 'base64';
  const texts = inputs.map((input) => (typeof input === 'string' ? input : JSON.stringify(input)));
  const directives = directivesIn(texts.at(-1)!);
  const scheduled = context.nextFault(model.id);
  const fault = faultIn(exchange.header('x-simulator-fault')) ?? directives.fault ?? modelFault ?? scheduled;
  exchange.fault = fault;
  const promptTokens = directives.prompt ?? inputs.reduce((sum: number, input) => sum + tokensOf(input), 0);
  const usage = { ...NO_TOKENS, promptTokens };
  await exchange.sleep(directives.latency ?? context.settings.firstByteMs);
  if (await strikesFirst(exchange, beforeFirstByte(fault), usage, context.settings)) return;
  if (fault === 'error-body') {
    exchange.bill('error', NO_TOKENS, 200);
    return exchange.sendJson(200, errorInside());
  }
  const data = texts.map((text, index) => {
    const vector = vectorOf(seedFrom(context.seed, model.id, text), dimensions);
    return {
      object: 'embedding',
      index,
      embedding: base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector],
    };
  });
  exchange.bill('completed', usage, 200);
  const reported =
    fault === 'missing-usage' ? {} : { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } };
  exchange.sendJson(200, { object: 'list', data, model: model.id, ...reported });
}

function beforeFirstByte(fault: Fault | undefined): Fault | undefined {
  if (fault === 'drop-mid-stream') return 'drop-before-byte';
  return fault === 'hang-mid-stream' ? 'hang' : fault;
}

function inputsOf({ input }: Body): readonly Input[] {
  const inputs: readonly unknown[] =
    typeof input === 'string' || isTokens(input) ? [input] : Array.isArray(input) ? input : [];
  const valid = inputs.length > 0 && inputs.length <= MAX_INPUTS && inputs.every((item) => isInput(item));
  if (valid) return inputs;
  const allowed = `input must be a text, a list of tokens, or 1 to ${MAX_INPUTS} of either, none of them empty.`;
  throw new WireError(400, allowed, { param: 'input' });
}

function isInput(value: unknown): value is Input {
  return (typeof value === 'string' && value !== '') || isTokens(value);
}

function isTokens(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => Number.isInteger(item));
}

function tokensOf(input: Input): number {
  return typeof input === 'string' ? Math.ceil(Buffer.byteLength(input) / BYTES_PER_TOKEN) : input.length;
}

function vectorOf(seed: number, dimensions: number): Float32Array {
  const random = randomFrom(seed);
  const vector = Float32Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
