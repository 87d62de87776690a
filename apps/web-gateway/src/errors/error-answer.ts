import { catalogue, isErrorCode, type DomainError, type ErrorKind } from '@purser/errors';
import { httpStatus, openAiType } from './http-status.ts';

/** An error as it goes to an HTTP client. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** What a client is told beside the message when a budget or a limit refuses. */
const fieldsOf: Readonly<Partial<Record<ErrorKind, readonly string[]>>> = {
  exhausted: ['budget_id', 'remaining_usd', 'resets_at'],
  limited: ['limit', 'scope'],
};

const DEFAULT_RETRY_AFTER_MS = 1_000;

/**
 * The answer for an error: OpenAI's shape on `/v1`, problem details (RFC 9457) elsewhere. Of an internal error it says
 * nothing but the request id.
 */
export function errorAnswer(error: DomainError, path: string, requestId: string): ErrorAnswer {
  const isDataPlane = path === '/v1' || path.startsWith('/v1/');
  const body = isDataPlane ? openAiBody(error, requestId) : problem(error, requestId);
  return {
    status: statusOf(error),
    headers: {
      'content-type': isDataPlane ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
      'x-request-id': requestId,
      ...headersFor(error),
    },
    body: JSON.stringify(body),
  };
}

function statusOf({ kind }: DomainError): number {
  // A service of a newer version may send a kind that is not known here.
  return httpStatus[kind] ?? 500;
}

function openAiBody(error: DomainError, requestId: string) {
  const more = pick(error.details, fieldsOf[error.kind] ?? []);
  const { field, limit } = error.details;
  const param = typeof field === 'string' ? field : null;
  return {
    error: {
      message: messageOf(error, requestId),
      type: limit === 'tokensPerMinute' ? 'tokens' : (openAiType[error.kind] ?? 'server_error'),
      param,
      code: error.code,
      ...more,
    },
  };
}

function problem(error: DomainError, requestId: string) {
  return {
    ...(error.kind === 'internal' ? {} : error.details),
    type: `urn:purser:error:${error.code}`,
    title: isErrorCode(error.code) ? catalogue[error.code].meaning : error.kind,
    status: statusOf(error),
    detail: messageOf(error, requestId),
    code: error.code,
    requestId,
  };
}

function messageOf(error: DomainError, requestId: string): string {
  return error.kind === 'internal'
    ? `An internal error occurred; it is logged under the request id ${requestId}.`
    : error.message;
}

function headersFor({ kind, details }: DomainError): Record<string, string> {
  switch (kind) {
    case 'unauthenticated':
      return { 'www-authenticate': 'Bearer realm="purser"' };
    case 'wrong-method':
      return { allow: Array.isArray(details['allowed']) ? details['allowed'].join(', ') : '' };
    case 'limited':
    case 'unavailable': {
      const { retryAfterMs } = details;
      // No time helps, and OpenAI's clients would try again all the same.
      if (retryAfterMs === null) return { 'x-should-retry': 'false' };
      const waitMs = typeof retryAfterMs === 'number' ? retryAfterMs : DEFAULT_RETRY_AFTER_MS;
      return { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) };
    }
    default:
      return {};
  }
}

function pick(details: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in details).map((name) => [name, details[name]]));
}
