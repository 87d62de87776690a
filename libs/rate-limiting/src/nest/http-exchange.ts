import type { ServerResponse } from 'node:http';
import type { Header } from '../core/headers.ts';

interface ReplyLike {
  /** Fastify's. */
  readonly raw?: ServerResponse;
  header(name: string, value: string): unknown;
}

/** What Nest's HTTP adapters have in common of a request. */
export interface RequestLike {
  /** By the trusted proxies that the server was told of, if any. */
  readonly ip?: string;
}

/** Sets headers on an answer of Fastify or Express. */
export function setHeaders(response: unknown, headers: readonly Header[]): void {
  const reply = response as ReplyLike;
  for (const [name, value] of headers) reply.header(name, value);
}

/** Calls `then` once: when the answer is out, or its connection is gone. */
export function onceOver(response: unknown, then: () => void): void {
  const raw = (response as ReplyLike).raw ?? (response as ServerResponse);
  if (raw.writableFinished || raw.closed || raw.destroyed) return then();
  const over = (): void => {
    raw.off('finish', over).off('close', over);
    then();
  };
  raw.once('finish', over).once('close', over);
}
