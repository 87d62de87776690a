import OpenAI from 'openai';
import type { Tenant } from './tenant.ts';

/** One chat as a client saw it end. */
export interface Outcome {
  readonly requestId: string;
  /** The HTTP status, or what broke. */
  readonly status: number | string;
}

export interface LoadOptions {
  readonly clients: number;
  /** The same for all; `index` counts the requests of all clients. */
  readonly request: (index: number) => OpenAI.ChatCompletionCreateParamsNonStreaming;
  /** Every other request is streamed. Default false: none. */
  readonly streams?: boolean;
  /** Whether a client sends another one after this. */
  readonly again: (outcome: Outcome) => boolean;
  /** Told of each end as it comes. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

let loads = 0;

/**
 * Sends with so many official clients at once, spread over the gateways, without their retries: what Purser answers is what
 * is counted. Resolves with all outcomes when no client sends any more.
 */
export async function load(tenant: Tenant, options: LoadOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const name = `load-${process.pid}-${(loads += 1)}`;
  let count = 0;
  const run = async (client: OpenAI): Promise<void> => {
    for (;;) {
      const index = count++;
      const requestId = `${name}-${index}`;
      const status = await complete(
        client,
        requestId,
        options.request(index),
        options.streams === true && index % 2 === 1,
      );
      const outcome = { requestId, status };
      outcomes.push(outcome);
      options.onOutcome?.(outcome);
      if (!options.again(outcome)) return;
    }
  };
  const clients = Array.from({ length: options.clients }, (_, gateway) => tenant.client({ gateway, maxRetries: 0 }));
  await Promise.all(clients.map(run));
  return outcomes;
}

/** How many outcomes there are of each status. */
export function countByStatus(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function complete(
  client: OpenAI,
  requestId: string,
  request: OpenAI.ChatCompletionCreateParamsNonStreaming,
  stream: boolean,
): Promise<number | string> {
  const options = { headers: { 'x-request-id': requestId } };
  try {
    if (!stream) {
      const { usage } = await client.chat.completions.create(request, options);
      return usage ? 200 : 'no usage';
    }
    let finished = false;
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true }, options)) {
      finished ||= chunk.choices.some((choice) => choice.finish_reason !== null);
    }
    return finished ? 200 : 'cut stream';
  } catch (error) {
    if (error instanceof OpenAI.APIError && error.status !== undefined) return error.status;
    return error instanceof Error ? error.name + ': ' + error.message : String(error);
  }
}
