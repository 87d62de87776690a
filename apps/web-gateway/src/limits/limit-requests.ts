import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../errors/send-error.ts';
import type { RequestCount } from './request-count.ts';
import { unlimited } from './request-limits.ts';
import type { TrafficLimits } from './traffic-limits.ts';

/** Requests that are counted together with all else that they take, once it is known where they go. */
const CALLS_A_MODEL = '/v1/chat/completions';

/**
 * Counts a request with a key, and goes on unless a limit refuses it. One that calls a model is refused here only by what
 * is known without asking, and before its body is read.
 */
export function limitCaller(
  limits: TrafficLimits,
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  const { caller } = request;
  if (caller.limits === unlimited) return done();
  const admission = limits.admit(caller);
  request.count = admission;
  if (request.method === 'POST' && request.routeOptions.url === CALLS_A_MODEL) {
    return goOn(request, reply, () => admission.refuseKnown(), done);
  }
  goOn(request, reply, () => count(admission), done);
}

/** Counts a request without a key, or with a bad one, by its address; goes on unless there were too many. */
export function limitAddress(
  limits: TrafficLimits,
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  const counted = limits.countAddress(request.ip);
  if (counted === undefined) return done();
  request.count = counted;
  goOn(request, reply, () => count(counted), done);
}

/**
 * Counts what is answered before it came to be counted, such as a body that is too large: a flood of bad requests is one
 * too. It keeps its answer; that there are too many is for the next to hear.
 */
export function countLate({ count }: FastifyRequest, { statusCode }: FastifyReply): void | Promise<void> {
  // What a limit refused is counted by none.
  if (count === null || count === undefined || statusCode === 429) return;
  try {
    return count.count()?.catch(ignore);
  } catch (error) {
    ignore(error);
  }
}

function ignore(_refusal: unknown): void {}

function count(counted: RequestCount): void | Promise<void> {
  counted.refuseKnown();
  return counted.count();
}

function goOn(request: FastifyRequest, reply: FastifyReply, take: () => void | Promise<void>, done: () => void): void {
  try {
    const taken = take();
    if (!(taken instanceof Promise)) return done();
    taken.then(done, (error: unknown) => sendError(request, reply, error));
  } catch (error) {
    sendError(request, reply, error);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Where limits apply to it: that it was made, and how they stand. */
    count: RequestCount | null;
  }
}
