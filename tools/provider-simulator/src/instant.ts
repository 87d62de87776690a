import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import type { Tokens } from './money.ts';
import { usageOf } from './chat-plan.ts';

/** What every instant answer reports and is billed for. */
export const INSTANT_TOKENS: Tokens = Object.freeze({ promptTokens: 16, cachedTokens: 0, completionTokens: 8 });

const MAX_HEAD_BYTES = 16_384;
const HEAD_END = '\r\n\r\n';
const TARGET = 'POST /v1/chat/completions HTTP/1.1\r\n';
const LENGTH = /\r\ncontent-length: *(\d{1,9})\r\n/i;
/** What the short cut can't do. */
const BEYOND = /\r\n(?:transfer-encoding|expect|upgrade|connection: *close)/i;

/**
 * A server that answers chat completions with bytes made ahead, whatever the body says, and leaves every other request,
 * and the rest of that connection, to an HTTP server.
 *
 * It stands behind benchmarks on the same machine, where each microsecond it needs is taken from what is measured: it
 * looks for the end of the head, skips the body by its length, and writes.
 *
 * @param answered is told how many requests of a connection were answered at once, before their answers go out
 */
export function createInstantServer(model: string, http: HttpServer, answered: (requests: number) => void): NetServer {
  const answer = instantAnswer(model);
  return createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = new InstantConnection(socket, answer, http, answered);
    socket.on('error', () => socket.destroy());
    connection.start();
  });
}

class InstantConnection {
  readonly #socket: Socket;
  readonly #answer: Buffer;
  readonly #http: HttpServer;
  readonly #answered: (requests: number) => void;
  /** The beginning of a head whose end has not come in yet. */
  #pending: Buffer | undefined;
  /** Bytes of the current body that are still to come. */
  #bodyBytes = 0;
  #inBody = false;

  constructor(socket: Socket, answer: Buffer, http: HttpServer, answered: (requests: number) => void) {
    this.#socket = socket;
    this.#answer = answer;
    this.#http = http;
    this.#answered = answered;
  }

  start(): void {
    this.#socket.on('data', this.#onData);
    this.#socket.on('end', this.#onEnd);
  }

  readonly #onData = (chunk: Buffer): void => {
    let rest = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = undefined;
    let requests = 0;
    let beyond = false;
    while (rest.length > 0 || this.#inBody) {
      if (this.#inBody) {
        const skipped = Math.min(this.#bodyBytes, rest.length);
        this.#bodyBytes -= skipped;
        rest = rest.subarray(skipped);
        if (this.#bodyBytes > 0) break;
        this.#inBody = false;
        requests++;
        continue;
      }
      const headBytes = this.#readHead(rest);
      if (headBytes === 0) {
        beyond = rest.length > MAX_HEAD_BYTES || rest.includes(HEAD_END);
        this.#pending = rest;
        break;
      }
      rest = rest.subarray(headBytes);
    }
    if (requests > 0) this.#reply(requests);
    if (beyond) this.#handOver();
  };

  /** The bytes of the head if it is one that can be answered here, else 0. */
  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return 0;
    const head = bytes.toString('latin1', 0, end + 2);
    const length = LENGTH.exec(head);
    if (!head.startsWith(TARGET) || length === null || BEYOND.test(head)) return 0;
    this.#bodyBytes = Number(length[1]);
    this.#inBody = true;
    return end + HEAD_END.length;
  }

  #reply(requests: number): void {
    this.#answered(requests);
    const bytes = requests === 1 ? this.#answer : Buffer.concat(new Array<Buffer>(requests).fill(this.#answer));
    // A client that sends without reading must not fill the memory.
    if (this.#socket.write(bytes)) return;
    this.#socket.pause();
    this.#socket.once('drain', () => this.#socket.resume());
  }

  readonly #onEnd = (): void => {
    this.#socket.end();
  };

  #handOver(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.pause();
    if (this.#pending !== undefined) this.#socket.unshift(this.#pending);
    this.#http.emit('connection', this.#socket);
    this.#socket.resume();
  }
}

function instantAnswer(model: string): Buffer {
  const body = JSON.stringify({
    ...{ id: 'chatcmpl-sim-instant', object: 'chat.completion', created: 1_700_000_000, model },
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'An answer that was written before the question came.', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(INSTANT_TOKENS),
  });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}
