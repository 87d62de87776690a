import type { Readable } from 'node:stream';
import { DomainError } from '@purser/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { negotiate, type Coding } from './coding.ts';
import type { Compressible } from './compression.ts';
import type { Edge } from './edge.ts';
import { limitHeaders } from '../limits/limit-headers.ts';
import { codedTag, digestTag, isKnown } from './entity-tags.ts';
import { pathOf } from './path-of.ts';

type Done = (error: Error | null, payload?: unknown) => void;

/**
 * The end of every answer that goes through the framework: what it took, the headers that all carry, an ETag for what was
 * read and 304 for who has it, and the coding that the client accepts.
 */
export function finishAnswer(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: Done,
): void {
  const path = pathOf(request);
  addHeaders(edge, request, reply, path);
  const body = bytesOf(payload);
  const answer = compressible(request, reply, path);
  const coding = edge.compression.codingFor(answer, body?.length ?? (isStream(payload) ? undefined : 0));
  if (body !== undefined && isRead(request, reply, path) && isUnchanged(request, reply, body, coding)) {
    void reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return done(null, null);
  }
  // What was put into bytes for its tag goes out as these.
  if (coding === undefined) return done(null, body ?? payload);
  if (body === undefined) return codeStream(edge, reply, payload as Readable, coding, done);
  codeBytes(edge, reply, body, coding).then((coded) => done(null, coded), done);
}

function addHeaders(edge: Edge, request: FastifyRequest, reply: FastifyReply, path: string): void {
  const standing = edge.headers.for(request.headers.origin);
  for (let index = 0; index < standing.length; index += 2) {
    // A page has a policy of its own.
    if (!reply.hasHeader(standing[index]!)) void reply.header(standing[index]!, standing[index + 1]);
  }
  // A 304 has no type: what has a tag is text.
  const type = reply.statusCode === 304 ? 'text/plain' : reply.getHeader('content-type');
  const vary = edge.vary(path, type);
  if (vary !== undefined) {
    const given = reply.getHeader('vary');
    void reply.header('vary', given === undefined ? vary : `${String(given)}, ${vary}`);
  }
  const limits = limitHeaders(request);
  for (let index = 0; index < limits.length; index += 2) void reply.header(limits[index]!, limits[index + 1]);
  const tookMs = reply.elapsedTime.toFixed(2);
  if (!reply.hasHeader('x-response-time-ms')) void reply.header('x-response-time-ms', tookMs);
  void reply.header('server-timing', `total;dur=${tookMs}`);
  const cache = reply.getHeader('x-cache');
  if (cache !== undefined) void reply.header('x-cache-hit', String(cache === 'HIT'));
  // What a key may see is nobody else's, and changes at any time.
  if (path.startsWith('/api/') && !reply.hasHeader('cache-control')) {
    void reply.header('cache-control', reply.statusCode < 400 ? 'private, no-cache' : 'no-store');
  }
}

/** Whether the answer is the state of a resource, which a reader may have already. */
function isRead({ method }: FastifyRequest, reply: FastifyReply, path: string): boolean {
  if (reply.statusCode !== 200 || (method !== 'GET' && method !== 'HEAD')) return false;
  return !path.startsWith('/health/') && path !== '/metrics';
}

/** Puts the ETag on, and says whether If-None-Match names it. */
function isUnchanged(request: FastifyRequest, reply: FastifyReply, body: Buffer, coding: Coding | undefined): boolean {
  const own = reply.getHeader('etag');
  const tag = typeof own === 'string' ? own : digestTag(body);
  void reply.header('etag', coding === undefined ? tag : codedTag(tag, coding));
  return isKnown(request.headers['if-none-match'], tag);
}

function codeStream(edge: Edge, reply: FastifyReply, source: Readable, coding: Coding, done: Done): void {
  const coded = edge.compression.stream(source, coding);
  if (coded === undefined) {
    if (!negotiate(reply.request.headers['accept-encoding']).required) return done(null, source);
    source.destroy();
    void reply.removeHeader('etag').removeHeader('content-disposition');
    const message = 'Too many answers are being compressed already; try again later, or accept identity.';
    return done(new DomainError('unavailable', message));
  }
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string') void reply.header('etag', codedTag(tag, coding));
  void reply.header('content-encoding', coding).removeHeader('content-length');
  done(null, coded);
}

async function codeBytes(edge: Edge, reply: FastifyReply, body: Buffer, coding: Coding): Promise<Buffer> {
  const coded = await edge.compression.bytes(body, coding, reply.request.headers['accept-encoding']);
  if (coded === undefined) {
    const tag = reply.getHeader('etag');
    if (typeof tag === 'string') void reply.header('etag', tag.replace(`+${coding}"`, '"'));
    return body;
  }
  void reply.header('content-encoding', coding).removeHeader('content-length');
  return coded;
}

function compressible(request: FastifyRequest, reply: FastifyReply, path: string): Compressible {
  return {
    path,
    acceptEncoding: request.headers['accept-encoding'],
    declined: request.headers['x-no-compression'] !== undefined,
    header: (name) => reply.getHeader(name),
  };
}

function bytesOf(payload: unknown): Buffer | undefined {
  if (Buffer.isBuffer(payload)) return payload;
  return typeof payload === 'string' ? Buffer.from(payload) : undefined;
}

function isStream(payload: unknown): payload is Readable {
  return typeof (payload as { pipe?: unknown } | null | undefined)?.pipe === 'function';
}
