import { Agent, request, type Dispatcher } from 'undici';
import type { Answer, Operations } from './operation.ts';

/** Where the requests go, and as whom. */
export interface Target {
  /** As in `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly chatKey: string;
  /** May read the control plane. */
  readonly readKey: string;
  readonly chatModel: string;
  readonly streamModel: string;
}

export interface HttpOperations {
  readonly operations: Operations;
  close(): Promise<void>;
}

/** Pages that an operator's tools look at all the time. */
const READS = ['accounts?limit=50', 'budgets?limit=50', 'models?limit=50', 'usage?limit=50', 'work-efforts?limit=50'];
const MAX_ANSWER_TOKENS = 64;
const DONE = 'data: [DONE]';
const TAIL_LENGTH = 64;

/** The operations over HTTP, on kept-alive connections, one for each user that waits for an answer. */
export function httpOperations(target: Target, connections: number): HttpOperations {
  // Deadlines are the caller's; a server's hint about its keep-alive is obeyed a second early, so that no request meets a close.
  const agent = new Agent({ connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });
  const complete = (model: string, stream: boolean, index: number): Dispatcher.RequestOptions['body'] =>
    JSON.stringify({
      ...{ model, max_tokens: MAX_ANSWER_TOKENS, ...(stream ? { stream: true } : {}) },
      messages: [{ role: 'user', content: `Request ${index} of a load: answer in one sentence.` }],
    });
  const send = (path: string, key: string, body: Dispatcher.RequestOptions['body'], signal: AbortSignal) =>
    request(`${target.url}${path}`, {
      ...{ dispatcher: agent, signal, method: body === undefined ? 'GET' : 'POST', body },
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
  return {
    operations: {
      chat: async (index, signal) => {
        const body = complete(target.chatModel, false, index);
        return wholeJson(await send('/v1/chat/completions', target.chatKey, body, signal));
      },
      stream: async (index, signal) => {
        const body = complete(target.streamModel, true, index);
        return wholeStream(await send('/v1/chat/completions', target.chatKey, body, signal));
      },
      read: async (index, signal) => {
        const path = `/api/v1/${READS[index % READS.length]}`;
        return wholeJson(await send(path, target.readKey, undefined, signal));
      },
    },
    close: () => agent.destroy(),
  };
}

async function wholeJson({ statusCode, body }: Dispatcher.ResponseData): Promise<Answer> {
  const text = await body.text();
  if (statusCode !== 200) return { error: `status ${statusCode}` };
  try {
    JSON.parse(text);
    return {};
  } catch {
    return { error: 'not JSON' };
  }
}

/** Whole when its last event is `[DONE]`. Keeps no more of it than its end. */
async function wholeStream({ statusCode, body }: Dispatcher.ResponseData): Promise<Answer> {
  let firstByteAt: number | undefined;
  let tail = '';
  for await (const chunk of body) {
    firstByteAt ??= performance.now();
    tail = (tail + (chunk as Buffer).toString('latin1')).slice(-TAIL_LENGTH);
  }
  if (statusCode !== 200) return { error: `status ${statusCode}` };
  return tail.trimEnd().endsWith(DONE) ? { firstByteAt } : { firstByteAt, error: 'cut stream' };
}
