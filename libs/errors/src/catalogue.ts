/** What went wrong in the domain's terms; each transport maps a kind to its own form (an HTTP status, a reply, an exit code). */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition-failed'
  | 'too-large'
  | 'unsupported-media'
  | 'wrong-method'
  | 'not-acceptable'
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
  invalid_signature: entry(
    'unauthenticated',
    false,
    'The signature of a webhook is missing, or was made with a secret that no source has.',
    'Give the webhook at GitHub the webhook secret of the source.',
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
  concurrent_change: entry(
    'conflict',
    true,
    'Several requests changed the same data at the same time, and this one lost.',
    'Send the same request again.',
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
  message_too_large: entry(
    'too-large',
    false,
    'A message between two services is larger than what carries it accepts.',
    'Ask for less at once, or raise max_payload of the NATS server.',
  ),
  unsupported_media_type: entry(
    'unsupported-media',
    false,
    'The body is announced as something other than JSON in UTF-8, or as compressed.',
    'Send "content-type: application/json" and no content-encoding.',
  ),
  method_not_allowed: entry(
    'wrong-method',
    false,
    'The path exists, but not with this method.',
    'Use one of the methods that the Allow header lists.',
  ),
  not_acceptable: entry(
    'not-acceptable',
    false,
    "The answer can't be sent in a coding that the client accepts.",
    'Accept br, gzip, deflate or identity in the header Accept-Encoding, or leave it out.',
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
  provider_busy: entry(
    'unavailable',
    true,
    'The provider limits requests or is overloaded (429, 503), and so is every fallback of the route.',
    'Try again after the seconds that Retry-After gives; add a fallback to the route.',
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
  cancelled: entry(
    'timeout',
    false,
    'The caller gave up before the answer came.',
    'Nothing to do: whoever asked is no longer waiting.',
  ),
  internal: entry('internal', false, 'A fault in Purser itself.', 'Report it with the request id.'),
} satisfies Record<string, CatalogueEntry>);

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;

/** Whether `code` stands in the catalogue of this version. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code);
}
