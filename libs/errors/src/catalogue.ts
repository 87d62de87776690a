/** What went wrong in the domain's terms; each transport maps a kind to its own form (an HTTP status, a reply, an exit code). */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition-failed'
  | 'too-large'
  | 'exhausted'
  | 'limited'
  | 'upstream'
  | 'unavailable'
  | 'timeout'
  | 'internal';

/** One entry of the catalogue: what an operator needs to know about a code. */
export interface CatalogueEntry {
  readonly kind: ErrorKind;
  /** Whether the same request, sent again unchanged a little later, may succeed. */
  readonly retryable: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

const entry = (kind: ErrorKind, retryable: boolean, meaning: string, remedy: string): CatalogueEntry =>
  Object.freeze({ kind, retryable, meaning, remedy });

/**
 * Every error code that Purser answers with. Codes are stable: they may be added, never renamed or given another meaning.
 * `docs/errors.md` is made from this table.
 */
export const catalogue = Object.freeze({
  invalid_request: entry(
    'invalid',
    false,
    'A field of the request is missing, of the wrong type or out of range.',
    'Correct the field that the message names; it says what is allowed.',
  ),
  unsupported_field: entry(
    'invalid',
    false,
    'The request asks for something that Purser does not do, and would be wrong to ignore.',
    'Leave out the field that the message names.',
  ),
  unknown_bound: entry(
    'invalid',
    false,
    'The most that the request can cost is not known, so no money can be reserved for it.',
    'Send max_tokens, or give the model maxOutputTokens and contextTokens.',
  ),
  invalid_api_key: entry(
    'unauthenticated',
    false,
    'The API key is missing, unknown, disabled or expired.',
    'Send a valid key as "Authorization: Bearer <key>" or "x-api-key: <key>".',
  ),
  forbidden: entry(
    'forbidden',
    false,
    'The key is valid but its role does not allow this.',
    'Use a key whose role allows it, or ask an administrator.',
  ),
  not_found: entry('not-found', false, 'Nothing exists under this id or path.', 'Check the id or the path.'),
  model_not_found: entry(
    'not-found',
    false,
    'No route and no provider/model of this name can be called by this key.',
    'GET /v1/models lists the names that can be called.',
  ),
  conflict: entry(
    'conflict',
    false,
    'The change contradicts what is stored: a name in use, children that remain, a cycle.',
    'Resolve what the message names, then try again.',
  ),
  idempotency_conflict: entry(
    'conflict',
    false,
    'The Idempotency-Key was used before with another request.',
    'Use a new Idempotency-Key for each new request.',
  ),
  precondition_failed: entry(
    'precondition-failed',
    false,
    'The resource was changed since it was read (If-Match is stale).',
    'Read it again, apply the change to what is there now, send its new ETag.',
  ),
  body_too_large: entry(
    'too-large',
    false,
    'The body is larger than this server accepts.',
    'Send a smaller body, or raise MAX_BODY_BYTES.',
  ),
  budget_exceeded: entry(
    'exhausted',
    false,
    'The most that the request can cost does not fit what is left of a hard budget.',
    'Wait for the budget window to end (resets_at), raise the limit, or ask for fewer tokens.',
  ),
  rate_limit_exceeded: entry(
    'limited',
    true,
    'More requests were made, or are waiting, than the limit allows.',
    'Try again after the seconds that Retry-After gives.',
  ),
  provider_error: entry(
    'upstream',
    true,
    'The provider failed, and so did every fallback of the route.',
    "See the provider's own message; check its status; add a fallback to the route.",
  ),
  provider_rejected: entry(
    'upstream',
    false,
    'The provider refused the request itself (its own 4xx answer is passed on).',
    "Correct the request as the provider's message says.",
  ),
  provider_timeout: entry(
    'timeout',
    true,
    'The provider did not answer within its time limits.',
    "Try again, or raise the provider's timeouts.",
  ),
  unavailable: entry(
    'unavailable',
    true,
    'A part of Purser that is needed for this cannot be reached right now.',
    'Try again shortly; /health/ready says what is missing.',
  ),
  deadline_exceeded: entry(
    'timeout',
    true,
    'A service did not answer a message before its deadline.',
    'Try again shortly; look at the load of the service that the message names.',
  ),
  internal: entry('internal', false, 'A fault in Purser itself.', 'Report it with the request id.'),
} satisfies Record<string, CatalogueEntry>);

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;

/** Whether `code` stands in the catalogue of this version. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code);
}
