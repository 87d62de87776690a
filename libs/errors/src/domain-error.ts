import { catalogue, isErrorCode, type ErrorCode, type ErrorKind } from './catalogue.ts';

/** Facts about an error for programs; plain JSON. `field` names the offending field as a path (`limits.concurrency`). */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** A domain error between services: what `toWire` makes and `fromWire` takes. */
export interface WireError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;
}

/**
 * The one error that business code throws. It knows nothing of HTTP or NATS: its code carries the kind and whether a
 * retry can help, and each transport maps those. The message is for the person who made the request: it names the field
 * and what is allowed, and never holds a secret.
 */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DomainError';
    this.code = code;
    this.kind = catalogue[code].kind;
    this.retryable = catalogue[code].retryable;
    this.details = details;
  }

  toWire(): WireError {
    const { kind, code, message, retryable, details } = this;
    return { kind, code, message, retryable, details };
  }

  /** Restores an error that another service sent. A code that this version does not know keeps its kind and text. */
  static fromWire(wire: WireError): DomainError {
    const error = new DomainError(isErrorCode(wire.code) ? wire.code : 'internal', wire.message, wire.details);
    Object.assign(error, { code: wire.code, kind: wire.kind, retryable: wire.retryable });
    return error;
  }

  /** Any thrown value as a domain error: itself, or `internal` with the original as its cause and none of its text. */
  static from(thrown: unknown): DomainError {
    if (thrown instanceof DomainError) return thrown;
    return new DomainError('internal', 'An internal error occurred.', {}, { cause: thrown });
  }
}

/** The field at `field` is wrong; `expected` says what is allowed. */
export function invalidField(field: string, expected: string, details: ErrorDetails = {}): DomainError {
  return new DomainError('invalid_request', `${field}: ${expected}`, { field, ...details });
}

/** `what` (a noun: "account") does not exist under `id`. */
export function notFound(what: string, id: string): DomainError {
  return new DomainError('not_found', `There is no ${what} with the id "${id}".`, { what, id });
}

/** Whether `value` has the shape of a {@link WireError}. */
export function isWireError(value: unknown): value is WireError {
  if (typeof value !== 'object' || value === null) return false;
  const wire = value as Partial<WireError>;
  return typeof wire.kind === 'string' && typeof wire.code === 'string' && typeof wire.message === 'string';
}
