import { connect, type Socket } from 'node:net';
import { messageEnd } from './message-end.ts';

/** What a connection tells of its requests. */
export interface LoadObserver {
  /** In how many milliseconds the next request is to be sent, 0 or less for at once; undefined where there is none any more. */
  nextInMs(): number | undefined;
  answered(status: number, latencyMs: number, answer: Buffer): void;
  failed(what: string): void;
}

/** After a failure the connection rests for so long, so that a peer that refuses is not stormed. */
const PAUSE_MS = 50;

/** One kept-alive connection with one request under way at a time. */
export class LoadConnection {
  /** Resolves when no request is under way and none is to be sent any more. */
  readonly done: Promise<void>;
  readonly #port: number;
  readonly #request: Buffer;
  readonly #observer: LoadObserver;
  #socket!: Socket;
  #rest: Buffer | undefined;
  #sentAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #finish!: () => void;

  constructor(port: number, request: Buffer, observer: LoadObserver) {
    this.#port = port;
    this.#request = request;
    this.#observer = observer;
    this.done = new Promise((resolve) => (this.#finish = resolve));
    this.#open();
  }

  /** Gives up what is under way. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
    this.#finish();
  }

  #open(): void {
    this.#rest = undefined;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    let reason = 'connection closed';
    socket.on('error', (error: NodeJS.ErrnoException) => (reason = error.code ?? error.message));
    socket.on('connect', () => this.#send());
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => {
      clearTimeout(this.#timer);
      this.#observer.failed(reason);
      if (this.#observer.nextInMs() === undefined) return this.#finish();
      this.#timer = setTimeout(() => this.#open(), PAUSE_MS);
    });
  }

  #send(): void {
    const waitMs = this.#observer.nextInMs();
    if (waitMs === undefined) return this.destroy();
    if (waitMs > 0) {
      this.#timer = setTimeout(() => this.#send(), waitMs);
      return;
    }
    this.#sentAt = performance.now();
    this.#socket.write(this.#request);
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const end = messageEnd(bytes);
    this.#rest = end === 0 ? bytes : undefined;
    if (end === 0) return;
    if (end !== bytes.length) this.#observer.failed('bytes after an answer');
    // "HTTP/1.1 200 OK": the status is at a fixed place.
    this.#observer.answered(Number(bytes.toString('latin1', 9, 12)), performance.now() - this.#sentAt, bytes);
    this.#send();
  }
}
