import type { HttpHit } from '@purser/caching';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { limitHeaders } from '../limits/limit-headers.ts';
import type { Coding } from './coding.ts';
import type { Edge } from './edge.ts';
import { codedTag } from './entity-tags.ts';
import { pathOf } from './path-of.ts';

/** What is the same in each answer that gives one kept answer in one coding to readers of one origin. */
interface Head {
  readonly standing: readonly string[];
  readonly coding: Coding | undefined;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

/** By the headers of a kept answer, which go with it; as many as there are codings and origins at most. */
const heads = new WeakMap<readonly string[], Head[]>();

/**
 * Sends a cached answer past the framework, with the headers that `finishAnswer` would give it: most of them are made once
 * for each kept answer. What needs more than that (HEAD, conditions, a coding that is not made yet) is left to it. Headers that
 * hooks have put on `reply`, other than the request's id and its limits, are not among them.
 *
 * @returns whether it is sent
 */
export function sendHit(hit: HttpHit, request: FastifyRequest, reply: FastifyReply): boolean {
  const { 'if-none-match': condition, origin } = request.headers;
  if (request.method !== 'GET' || condition !== undefined) return false;
  const { edge } = reply;
  const coding = codingFor(hit, request, edge);
  const acceptEncoding = request.headers['accept-encoding'];
  const body = coding === undefined ? hit.body : edge.compression.bytes(hit.body, coding, acceptEncoding);
  if (!Buffer.isBuffer(body)) return false;
  const standing = edge.headers.for(origin);
  const known = heads.get(hit.headers) ?? [];
  let head = known.find((each) => each.standing === standing && each.coding === coding);
  if (head === undefined) {
    head = { standing, coding, fields: fieldsOf(hit, edge, pathOf(request), standing, coding) };
    heads.set(hit.headers, [...known, head]);
  }
  reply.hijack();
  const tookMs = reply.elapsedTime.toFixed(2);
  reply.raw.writeHead(200, [
    ...head.fields,
    ...['x-request-id', request.id, 'age', String(hit.ageSeconds), 'content-length', String(body.length)],
    ...['x-response-time-ms', tookMs, 'server-timing', `total;dur=${tookMs}`],
    ...limitHeaders(request),
  ]);
  reply.raw.end(body);
  return true;
}

function codingFor({ headers, body }: HttpHit, request: FastifyRequest, edge: Edge): Coding | undefined {
  const answer = {
    path: pathOf(request),
    acceptEncoding: request.headers['accept-encoding'],
    declined: request.headers['x-no-compression'] !== undefined,
    header: (name: string) => valueOf(headers, name),
  };
  return edge.compression.codingFor(answer, body.length);
}

function fieldsOf(
  { headers, etag }: HttpHit,
  edge: Edge,
  path: string,
  standing: readonly string[],
  coding: Coding | undefined,
): string[] {
  const fields = new Map<string, string>();
  for (const list of [standing, headers]) {
    for (let index = 0; index < list.length; index += 2) fields.set(list[index]!, list[index + 1]!);
  }
  const vary = [fields.get('vary'), edge.vary(path, fields.get('content-type'))].filter((each) => each !== undefined);
  if (vary.length > 0) fields.set('vary', vary.join(', '));
  if (coding !== undefined) fields.set('etag', codedTag(etag, coding)).set('content-encoding', coding);
  fields.set('x-cache', 'HIT').set('x-cache-hit', 'true');
  return [...fields].flat();
}

function valueOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return headers[index + 1];
  return undefined;
}
