import type { z } from 'zod';

/** A message that is answered. Sent to one replica of the service that the subject begins with. */
export interface RequestContract<Req extends z.ZodType = z.ZodType, Res extends z.ZodType = z.ZodType> {
  readonly type: 'request';
  /** `<service>.<feature>.<verb>`, as NATS sees it. */
  readonly subject: string;
  readonly request: Req;
  readonly response: Res;
  /** How long the caller waits unless it says otherwise. */
  readonly deadlineMs: number;
}

/** A message to every replica that listens. It may be lost: what is lost must be bounded by something else. */
export interface PublishContract<P extends z.ZodType = z.ZodType> {
  readonly type: 'publish';
  readonly subject: string;
  readonly payload: P;
}

/** A message that must not be lost: delivered at least once to each durable consumer, so consumers are idempotent by event id. */
export interface EventContract<P extends z.ZodType = z.ZodType> {
  readonly type: 'event';
  readonly subject: string;
  readonly payload: P;
}

/** What a caller sends for `C`. */
export type RequestOf<C extends RequestContract> = z.input<C['request']>;
/** What a handler of `C` receives, defaults filled in. */
export type ReceivedOf<C extends RequestContract> = z.output<C['request']>;
/** What a handler of `C` returns. */
export type AnswerOf<C extends RequestContract> = z.input<C['response']>;
/** What a caller of `C` receives. */
export type ResponseOf<C extends RequestContract> = z.output<C['response']>;
/** What a publish or event carries. */
export type PayloadOf<C extends PublishContract | EventContract> = z.output<C['payload']>;

/** Declares a request/reply message; 5 s unless `deadlineMs` says otherwise. */
export function defineRequest<Req extends z.ZodType, Res extends z.ZodType>(
  subject: string,
  definition: { request: Req; response: Res; deadlineMs?: number },
): RequestContract<Req, Res> {
  return Object.freeze({ type: 'request', subject, deadlineMs: 5_000, ...definition });
}

/** Declares a plain publish. */
export function definePublish<P extends z.ZodType>(subject: string, payload: P): PublishContract<P> {
  return Object.freeze({ type: 'publish', subject, payload });
}

/** Declares a durable event. */
export function defineEvent<P extends z.ZodType>(subject: string, payload: P): EventContract<P> {
  return Object.freeze({ type: 'event', subject, payload });
}
