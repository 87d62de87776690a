import type { LoadTarget } from '../http/load-job.ts';

/** A gateway that is running and has been set up to pass chat completions on. */
export interface RunningGateway {
  readonly pid: number;
  readonly target: LoadTarget;
  /**
   * Checks what must be true after the load.
   * @param served whole answers with status 200 that the load generator got of it in all
   * @returns what to say about it, a sentence each
   * @throws Error when it is not true: the figures then mean nothing
   */
  verify?(served: number): Promise<string[]>;
  stop(): Promise<void>;
}

/** One of those that are measured side by side. */
export interface Contestant {
  readonly name: string;
  /** What it is and how it is run, for the reader of the table. */
  readonly what: string;
  /** @param upstreamUrl as in `http://127.0.0.1:8080` */
  start(upstreamUrl: string): Promise<RunningGateway>;
}

/** The body of every request for a model. */
export const completionOf = (model: string): string =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You answer in one sentence.' },
      { role: 'user', content: 'What does a lease have to do with a budget that many gateways spend from?' },
    ],
    max_tokens: 64,
  });

/** The body of every request, to every gateway that is measured beside others. */
export const requestBody = completionOf('bench');

export const path = '/v1/chat/completions';
