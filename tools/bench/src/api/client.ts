import { Agent, request } from 'undici';

export interface Timed {
  readonly status: number;
  /** From the call to the last byte. */
  readonly ms: number;
  readonly text: string;
}

export interface TimedClient {
  call(method: string, path: string, body?: object): Promise<Timed>;
  close(): Promise<void>;
}

const ANSWER_MS = 60_000;

/** One kept-alive connection with the admin's key: what is measured is an answer, not a queue before it. */
export function timedClient(url: string, adminKey: string): TimedClient {
  const agent = new Agent({ connections: 1, pipelining: 1, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  return {
    call: async (method, path, body) => {
      const startedAt = performance.now();
      const answer = await request(`${url}${path}`, {
        ...{ dispatcher: agent, method: method as 'GET', body: body && JSON.stringify(body) },
        headers: { authorization: `Bearer ${adminKey}`, ...(body && { 'content-type': 'application/json' }) },
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, ms: performance.now() - startedAt, text };
    },
    close: () => agent.close(),
  };
}
