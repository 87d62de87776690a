import { generated, usageOf } from './chat-plan.ts';
import type { AnswerIdentity, ChatPlan } from './chat-plan.ts';
import type { Exchange } from './exchange.ts';
import { NO_TOKENS } from './money.ts';
import { randomFrom, tokenText } from './random.ts';
import { errorInside } from './wire-error.ts';

/** Events are gathered up to this size while there is nothing to wait for. */
const WRITE_CHARACTERS = 16_384;

/**
 * Streams a chat completion as server-sent events: for each choice its role, a chunk for each token, its finish reason;
 * then usage where it was asked for, and `[DONE]`. Billed is what was generated: all of it, or up to where it ended.
 */
export async function streamChat(
  exchange: Exchange,
  plan: ChatPlan,
  identity: AnswerIdentity,
  hangMs: number,
): Promise<void> {
  exchange.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const chunks = new ChunkPrinter(plan, identity);
  if (plan.fault === 'error-body') {
    exchange.bill('error', NO_TOKENS);
    exchange.response.end(`data: ${JSON.stringify(errorInside())}\n\n`);
    return;
  }
  const last = lastStep(plan);
  const reached = await streamTokens(exchange, plan, chunks, last);
  if (exchange.closed) return exchange.bill('aborted', generated(plan, reached));
  switch (plan.fault) {
    case 'drop-mid-stream':
    case 'hang-mid-stream':
      if (plan.fault === 'hang-mid-stream') await exchange.sleep(hangMs);
      return exchange.drop(generated(plan, reached));
    case 'malformed-sse':
      exchange.bill('completed', generated(plan, reached));
      exchange.response.end(chunks.broken());
      return;
    default:
      exchange.bill('completed', plan.usage);
      exchange.response.end(chunks.ending());
  }
}

/** The tokens of each choice after which the stream goes on to its end, or to its fault. */
function lastStep(plan: ChatPlan): number {
  const longest = Math.max(...plan.choices.map(({ tokens }) => tokens));
  const cut = ['drop-mid-stream', 'hang-mid-stream', 'malformed-sse'].includes(plan.fault ?? '');
  return cut ? Math.min(plan.faultAfter, longest) : longest;
}

/** Answers how many tokens each choice got (or all, if it has fewer) before the client went away. */
async function streamTokens(exchange: Exchange, plan: ChatPlan, chunks: ChunkPrinter, steps: number): Promise<number> {
  const startedMs = performance.now();
  let pending = chunks.roles();
  for (let step = 0; step < steps; step++) {
    // Measured from the start, so that late timers don't add up.
    const waitMs = startedMs + (step + 1) * plan.perTokenMs - performance.now();
    if (plan.perTokenMs > 0 && waitMs > 0) {
      await exchange.write(pending);
      pending = '';
      await exchange.sleep(waitMs);
    }
    if (exchange.closed) return step;
    pending += chunks.tokens(step);
    if (pending.length >= WRITE_CHARACTERS) {
      await exchange.write(pending);
      pending = '';
    }
  }
  await exchange.write(pending);
  return steps;
}

/** Prints the events of one answer; tokens have to be asked for in order. */
class ChunkPrinter {
  readonly #plan: ChatPlan;
  readonly #head: string;
  readonly #tail: string;
  readonly #texts: readonly { readonly random: () => number; readonly prefix: string }[];

  constructor(plan: ChatPlan, { id, created, fingerprint }: AnswerIdentity) {
    this.#plan = plan;
    const common = {
      id,
      object: 'chat.completion.chunk',
      created,
      model: plan.model.id,
      system_fingerprint: fingerprint,
    };
    this.#head = `data: ${JSON.stringify(common).slice(0, -1)},"choices":[`;
    this.#tail = plan.includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
    this.#texts = plan.choices.map(({ seed }, index) => ({
      random: randomFrom(seed),
      prefix: `${this.#head}{"index":${index},"delta":{"content":"`,
    }));
  }

  roles(): string {
    return this.#plan.choices.map((_, index) => this.#choice(index, { role: 'assistant', content: '' }, null)).join('');
  }

  /** The next token of each choice that has one. Words hold nothing that JSON would escape. */
  tokens(step: number): string {
    let text = '';
    for (const [index, { random, prefix }] of this.#texts.entries()) {
      if (step >= this.#plan.choices[index]!.tokens) continue;
      text += `${prefix}${tokenText(random, step)}"},"logprobs":null,"finish_reason":null}${this.#tail}`;
    }
    return text;
  }

  ending(): string {
    const { choices, fault, includeUsage, usage } = this.#plan;
    const finishes = choices.map(({ finishReason }, index) => this.#choice(index, {}, finishReason)).join('');
    const withUsage = includeUsage && fault !== 'missing-usage';
    return `${finishes}${withUsage ? `${this.#head}],"usage":${JSON.stringify(usageOf(usage))}}\n\n` : ''}data: [DONE]\n\n`;
  }

  /** An event that ends amid its JSON. */
  broken(): string {
    return `${this.#head}{"index":0,"delta":{"cont\n\n`;
  }

  #choice(index: number, delta: object, finishReason: string | null): string {
    return `${this.#head}${JSON.stringify({ index, delta, logprobs: null, finish_reason: finishReason })}${this.#tail}`;
  }
}
