import { DomainError, isWireError } from '@purser/errors';

/** A payload as JSON text. Throws DomainError `internal` for what JSON can't carry (a bigint, a cycle). */
export function encode(payload: unknown): string {
  try {
    return JSON.stringify(payload) ?? 'null';
  } catch (cause) {
    throw new DomainError('internal', 'A message could not be written as JSON.', {}, { cause });
  }
}

/** A payload from JSON text. Throws DomainError `invalid_request`. */
export function decode(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new DomainError('invalid_request', 'body: is not JSON', { field: 'body' }, { cause });
  }
}

export function encodeResponse(response: unknown): string {
  return encode({ response });
}

/** Never throws: details that JSON can't carry are left out. */
export function encodeError(error: DomainError): string {
  const wire = error.toWire();
  try {
    return JSON.stringify({ error: wire });
  } catch {
    return JSON.stringify({ error: { ...wire, details: {} } });
  }
}

/** What the handler answered. Throws what it threw, as a DomainError. */
export function decodeReply(body: string): unknown {
  const reply = decode(body) as { response?: unknown; error?: unknown } | null;
  if (reply?.error === undefined) return reply?.response;
  if (isWireError(reply.error)) throw DomainError.fromWire(reply.error);
  throw new DomainError('internal', 'A service answered with an error that is not one.');
}
