import { HttpException } from '@nestjs/common';
import { DomainError, invalidField } from '@purser/errors';

/** A request, as far as an error about it needs one. */
export interface FailedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The most bytes that a body may have. */
  readonly maxBodyBytes: number;
  /** The methods that this path can be called with. */
  methods(): readonly string[];
}

/**
 * Any thrown value as a domain error: what Nest and Fastify throw for requests that they can't route or read is mapped by
 * its status; what is neither theirs nor a domain error is `internal`, with the original as its cause.
 */
export function domainErrorOf(thrown: unknown, request: FailedRequest): DomainError {
  const status = clientStatus(thrown);
  if (thrown instanceof DomainError || status === undefined) return DomainError.from(thrown);
  // Nest wraps Fastify's own error.
  const original = thrown instanceof HttpException && thrown.cause instanceof Error ? thrown.cause : thrown;
  return fromStatus(status, original, request);
}

function fromStatus(status: number, original: unknown, request: FailedRequest): DomainError {
  switch (status) {
    case 404:
    case 414:
      return unknownPath(request);
    case 413:
      return new DomainError(
        'body_too_large',
        `body: must have at most ${request.maxBodyBytes} bytes (MAX_BODY_BYTES)`,
        {
          field: 'body',
        },
      );
    case 415:
      return new DomainError('unsupported_media_type', 'content-type: must be application/json', {
        field: 'content-type',
      });
    default:
      return codeOf(original) === 'FST_ERR_BAD_URL'
        ? invalidField('url', 'must be a valid path: a % is followed by two hexadecimal digits')
        : invalidField('body', 'could not be read to its end; its length must be what content-length says');
  }
}

function unknownPath({ method, path, methods }: FailedRequest): DomainError {
  const allowed = methods();
  if (allowed.length === 0 || allowed.includes(method))
    return new DomainError('not_found', `There is no ${path}.`, { path });
  return new DomainError('method_not_allowed', `${path} can't be called with ${method}.`, { allowed });
}

/** The 4xx status that a framework gave its error; undefined where there is none. */
function clientStatus(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return inRange(thrown.getStatus());
  return thrown instanceof Error ? inRange((thrown as { statusCode?: unknown }).statusCode) : undefined;
}

function inRange(status: unknown): number | undefined {
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
