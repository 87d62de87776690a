import { validate } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import type { FastifyRequest } from 'fastify';
import { requireJson } from '../json/content-type.ts';
import { strictJson } from '../json/strict-json.ts';

/** A schema of the contracts. */
export type Schema = Parameters<typeof validate>[0];

const NOTHING = Buffer.alloc(0);

/**
 * The body of a request, checked against the schema that its service will check it against again, so that a fault is
 * named as the client wrote it. What is handed on is what the client sent: the service fills in the defaults.
 *
 * @throws DomainError `invalid_request`, `unsupported_media_type`
 */
export function bodyOf(request: FastifyRequest, schema: Schema, maxDepth: number): Record<string, unknown> {
  const body = strictJson(bytesOf(request), maxDepth);
  validate(schema, body);
  return body as Record<string, unknown>;
}

/** The bytes of a body that says that it is JSON. @throws DomainError `unsupported_media_type` */
export function bytesOf({ headers, body }: FastifyRequest): Buffer {
  requireJson(headers);
  return Buffer.isBuffer(body) ? body : NOTHING;
}

/** The query of a request, checked likewise: a parameter that is not known is refused by name. */
export function queryOf(request: FastifyRequest, schema: Schema): Record<string, unknown> {
  const query = { ...(request.query as Record<string, unknown>) };
  validate(schema, query);
  return query;
}

/** The Idempotency-Key of a request, if it has one. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidField('Idempotency-Key', 'must be 1 to 255 printable ASCII characters without spaces');
  }
  return key;
}

/** Who asks, as messages carry it. */
export function actorOf({ caller }: FastifyRequest): { keyId: string; accountId: string } {
  return { keyId: caller.keyId, accountId: caller.accountId };
}
