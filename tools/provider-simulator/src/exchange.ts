import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';
import type { Outcome, Settlement } from './ledger.ts';
import { NO_TOKENS } from './money.ts';
import type { Prices, Tokens } from './money.ts';
import type { WireError } from './wire-error.ts';

/**
 * One request and its answer. Whoever answers says what is billed, with `bill`, before the last byte goes out, so that a client
 * that has its answer finds it in the ledger.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Known once the request was understood; what follows is billed at these prices. */
  model: (Prices & { readonly id: string }) | undefined;
  stream = false;
  fault: Fault | undefined;
  readonly #settle: (settlement: Settlement) => void;

  constructor(request: IncomingMessage, response: ServerResponse, settle: (settlement: Settlement) => void) {
    this.request = request;
    this.response = response;
    this.#settle = settle;
  }

  /** Whether nobody listens any more. */
  get closed(): boolean {
    return this.response.destroyed || this.response.closed;
  }

  /** A header of the request. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Waits; earlier when the client goes away. */
  async sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.closed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.response.off('close', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.response.on('close', done);
    });
  }

  /** Writes, and waits until there is room for more or nobody reads any more. */
  async write(text: string): Promise<void> {
    if (this.closed || this.response.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.response.off('drain', done);
        this.response.off('close', done);
        resolve();
      };
      this.response.on('drain', done);
      this.response.on('close', done);
    });
  }

  /** Puts the request on the bill; only the first call counts. The status is the one sent, unless it is yet to be. */
  bill(outcome: Outcome, tokens: Tokens, status = this.response.headersSent ? this.response.statusCode : null): void {
    this.#settle({
      ...{ status, outcome, tokens, stream: this.stream },
      requestId: this.header('x-request-id') ?? null,
      usageId: this.header('x-purser-usage-id') ?? null,
      model: this.model?.id ?? null,
      fault: this.fault ?? null,
      prices: this.model,
    });
  }

  /** Answers with JSON and ends. */
  sendJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const bytes = Buffer.from(JSON.stringify(body));
    this.response
      .writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
      .end(bytes);
  }

  /** Answers with a refusal, which costs nothing. */
  sendError(error: WireError, headers: Readonly<Record<string, string>> = {}): void {
    if (this.closed) return this.bill('aborted', NO_TOKENS);
    this.bill('error', NO_TOKENS, error.status);
    this.sendJson(error.status, error, headers);
  }

  /** Cuts the connection once what was written is out, and bills for what had been generated. */
  async drop(tokens: Tokens): Promise<void> {
    this.bill(this.closed ? 'aborted' : 'dropped', tokens);
    if (this.response.headersSent && !this.closed) {
      await new Promise<void>((resolve) => {
        this.response.once('close', resolve);
        this.response.write('', () => resolve());
      });
    }
    this.response.destroy();
  }
}
