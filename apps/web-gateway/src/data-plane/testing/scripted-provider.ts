import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the provider got it. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the provider does with one request; may also cut the connection, or never answer. */
export type Script = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

/** A provider on a real port that does with each request what the test says. */
export class ScriptedProvider {
  readonly received: ReceivedRequest[] = [];
  /** Answers every request that has no script of its own in {@link next}. */
  script: Script = (response) => answerJson(response, 200, COMPLETION);
  /** Scripts for the requests that come next, one each. */
  readonly next: Script[] = [];
  /** Requests that came and were not answered to their end. */
  open = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<ScriptedProvider> {
    const provider = new ScriptedProvider();
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve));
    return provider;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The JSON body of the last request. */
  get lastBody(): Record<string, unknown> {
    return JSON.parse(this.received.at(-1)!.body.toString()) as Record<string, unknown>;
  }

  async stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await stopped;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    response.once('close', () => (this.open -= 1));
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // Whoever asked went away amid the request.
      return;
    }
    const received = { path: request.url!, headers: request.headers, body: Buffer.concat(chunks) };
    this.received.push(received);
    await (this.next.shift() ?? this.script)(response, received);
  }
}

/** A whole answer that used 100 tokens of input, 40 of them cached, and 20 of output. */
export const COMPLETION = Object.freeze({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'm-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Grüße: "usage"' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 40 },
  },
});

export function answerJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const chunk = (fields: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...fields })}\n\n`;

/** Events of a stream whose usage is that of {@link COMPLETION}. */
export const EVENTS = Object.freeze({
  first: chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }], usage: null }),
  second: chunk({ choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: 'stop' }], usage: null }),
  usage: chunk({ choices: [], usage: COMPLETION.usage }),
  done: 'data: [DONE]\n\n',
});

export function beginStream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
}

/** Streams these events and ends. */
export const streaming =
  (...events: readonly string[]): Script =>
  (response) =>
    void beginStream(response).end(events.join(''));
