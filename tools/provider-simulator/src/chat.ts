import { generated, usageOf } from './chat-plan.ts';
import type { AnswerIdentity, ChatPlan } from './chat-plan.ts';
import { streamChat } from './chat-stream.ts';
import type { Exchange } from './exchange.ts';
import { NO_TOKENS } from './money.ts';
import { randomFrom, tokenText } from './random.ts';
import type { SimulatorSettings } from './settings.ts';
import { strikesFirst } from './strike.ts';
import { errorInside } from './wire-error.ts';

/** Answers a chat completion as planned, faults included, and bills it. */
export async function answerChat(
  exchange: Exchange,
  plan: ChatPlan,
  identity: AnswerIdentity,
  settings: SimulatorSettings,
): Promise<void> {
  await exchange.sleep(plan.firstByteMs);
  if (await strikesFirst(exchange, plan.fault, generated(plan, 0), settings)) return;
  if (plan.stream) return streamChat(exchange, plan, identity, settings.hangMs);
  if (plan.fault === 'error-body') {
    exchange.bill('error', NO_TOKENS, 200);
    return exchange.sendJson(200, errorInside());
  }
  return sendChat(exchange, plan, identity, settings.hangMs);
}

async function sendChat(exchange: Exchange, plan: ChatPlan, identity: AnswerIdentity, hangMs: number): Promise<void> {
  const longest = Math.max(...plan.choices.map(({ tokens }) => tokens));
  const startedMs = performance.now();
  await exchange.sleep(plan.perTokenMs * longest);
  if (exchange.closed) {
    const elapsed = plan.perTokenMs === 0 ? longest : Math.floor((performance.now() - startedMs) / plan.perTokenMs);
    return exchange.bill('aborted', generated(plan, elapsed));
  }
  const bytes = Buffer.from(JSON.stringify(completion(plan, identity)));
  const { response } = exchange;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  const half = bytes.subarray(0, bytes.length >> 1);
  switch (plan.fault) {
    case 'drop-mid-stream':
    case 'hang-mid-stream':
      response.write(half);
      if (plan.fault === 'hang-mid-stream') await exchange.sleep(hangMs);
      return exchange.drop(plan.usage);
    case 'malformed-sse':
      // As long as was announced, but no JSON: a framing that holds around a body that doesn't.
      exchange.bill('completed', plan.usage);
      response.end(Buffer.concat([half, Buffer.alloc(bytes.length - half.length, '}')]));
      return;
    default:
      exchange.bill('completed', plan.usage);
      response.end(bytes);
  }
}

function completion(plan: ChatPlan, { id, created, fingerprint }: AnswerIdentity): object {
  return {
    ...{ id, object: 'chat.completion', created, model: plan.model.id, system_fingerprint: fingerprint },
    choices: plan.choices.map(({ seed, tokens, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: textOf(seed, tokens), refusal: null },
      logprobs: null,
      finish_reason: finishReason,
    })),
    ...(plan.fault === 'missing-usage' ? {} : { usage: usageOf(plan.usage) }),
  };
}

function textOf(seed: number, tokens: number): string {
  const random = randomFrom(seed);
  let text = '';
  for (let index = 0; index < tokens; index++) text += tokenText(random, index);
  return text;
}
