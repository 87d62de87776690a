import { AsyncLocalStorage } from 'node:async_hooks';
import type { MessageHeaders } from './transport.ts';

/** What a message brought with it, for whatever its handler does next. */
export interface MessageContext {
  /** Ms until the caller gives up, at least 0; infinite when nobody waits. */
  remainingMs(): number;
  /** W3C trace context, exactly as it came in. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** What {@link withMessageContext} starts from. */
export interface ContextStart {
  /** From now, in ms. */
  readonly deadlineMs?: number;
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Of a request: the service that makes it. */
export const callerHeader = 'purser-caller';
const deadlineHeader = 'purser-deadline-ms';
// What does not look like a trace context is dropped here: a header's text must not break the transport's framing.
const traceparentForm = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-[\x21-\x7e]{1,64})?$/;
const tracestateForm = /^[\x20-\x7e]{1,512}$/;

const storage = new AsyncLocalStorage<Context>();

class Context implements MessageContext {
  readonly #endsAt: number;
  readonly traceparent?: string;
  readonly tracestate?: string;

  constructor(start: ContextStart) {
    this.#endsAt = start.deadlineMs === undefined ? Infinity : performance.now() + start.deadlineMs;
    if (start.traceparent === undefined || !traceparentForm.test(start.traceparent)) return;
    this.traceparent = start.traceparent;
    if (start.tracestate !== undefined && tracestateForm.test(start.tracestate)) this.tracestate = start.tracestate;
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }
}

/** The context of the message that is being handled, or of {@link withMessageContext}; undefined outside of both. */
export function messageContext(): MessageContext | undefined {
  return storage.getStore();
}

/**
 * Runs `fn` as the handler of something that came from elsewhere than a message (an HTTP request): its requests get no
 * more time than `deadlineMs` and carry its trace context. A malformed trace context is dropped.
 */
export function withMessageContext<T>(start: ContextStart, fn: () => T): T {
  return storage.run(new Context(start), fn);
}

/** Runs `fn` as the handler of a message with these headers. */
export function withContextOf<T>(headers: MessageHeaders, fn: () => T): T {
  const deadlineMs = Number(headers[deadlineHeader] ?? NaN);
  const { traceparent, tracestate } = headers;
  return withMessageContext({ deadlineMs: deadlineMs >= 0 ? deadlineMs : undefined, traceparent, tracestate }, fn);
}

/** The headers of a message sent from here; `deadlineMs` when an answer is awaited. */
export function outgoingHeaders(deadlineMs?: number): MessageHeaders {
  const headers: Record<string, string> = {};
  // Time left, not a time of day: clocks of two machines differ.
  if (deadlineMs !== undefined) headers[deadlineHeader] = String(Math.ceil(deadlineMs));
  const context = storage.getStore();
  if (context?.traceparent !== undefined) headers['traceparent'] = context.traceparent;
  if (context?.tracestate !== undefined) headers['tracestate'] = context.tracestate;
  return headers;
}
