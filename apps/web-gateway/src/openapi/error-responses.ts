import { STATUS_CODES } from 'node:http';
import { headerNode, headerReferences } from './headers.ts';
import type { JsonSchema } from './operation.ts';

type Node = Record<string, unknown>;

/** The shape of errors: problem details, or OpenAI's on `/v1`. */
export type ErrorShape = 'Problem' | 'OpenAIError';

/** What any operation may answer. */
export const commonErrors = [406, 500, 503] as const;

const STATUSES = [400, 401, 402, 403, 404, 405, 406, 409, 412, 413, 415, 429, 500, 502, 503, 504];

export const problem: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457), with facts of the case beside them.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  additionalProperties: true,
  properties: {
    type: { type: 'string', description: '`urn:purser:error:` and the code.' },
    title: { type: 'string', description: 'What the code means.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What is wrong here, and what would be right.' },
    code: { type: 'string', description: 'Stable; see the catalogue of errors.' },
    requestId: { type: 'string' },
    field: { type: 'string', description: 'The path of the offending field.' },
    issues: {
      type: 'array',
      description: 'Everything that is wrong with the request.',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
  examples: [
    {
      type: 'urn:purser:error:invalid_request',
      title: 'A field of the request is missing, of the wrong type or out of range.',
      status: 400,
      detail: 'colour: is not a field that is known here',
      code: 'invalid_request',
      requestId: 'e49182a9-b848-4dc6-b8a6-a085ce8c7445',
      field: 'colour',
      issues: [{ field: 'colour', message: 'is not a field that is known here' }],
    },
  ],
};

export const openAiError: JsonSchema = {
  type: 'object',
  description: "OpenAI's shape, so that its clients throw their own typed errors.",
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      additionalProperties: false,
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'], description: 'The path of the offending field.' },
        code: { type: 'string', description: 'Stable; see the catalogue of errors.' },
        budget_id: { type: 'string', description: 'With 402: the budget that it did not fit.' },
        remaining_usd: { type: 'string', description: 'With 402: what is left of it.' },
        resets_at: { type: ['string', 'null'], description: 'With 402: when its window ends; null: never.' },
        limit: { type: 'string', description: 'With 429: `requestsPerMinute`, `tokensPerMinute` or `concurrency`.' },
        scope: { type: 'string', description: 'With 429: whose: `key`, `account`, `provider` or `address`.' },
      },
    },
  },
};

const headersOf: Readonly<Record<number, Node>> = {
  401: { 'WWW-Authenticate': headerNode('How to authenticate.', true) },
  405: { Allow: headerNode('The methods that there are.', true) },
  429: {
    'Retry-After': headerNode('Seconds until another try may do better; absent where no time helps.', false),
    'x-should-retry': headerNode('`false` where no time helps.', false),
  },
  503: { 'Retry-After': headerNode('Seconds until another try may do better.', true) },
};

/** The responses that stand in the document once, in both shapes. */
export function errorResponses(): Node {
  return Object.fromEntries(
    (['Problem', 'OpenAIError'] as const).flatMap((shape) =>
      STATUSES.map((status) => [`${shape}${status}`, errorNode(status, shape)]),
    ),
  );
}

/** One of them. */
export function errorReference(status: number, shape: ErrorShape): Node {
  if (!STATUSES.includes(status)) throw new Error(`There is no response for the status ${status}: add it to STATUSES.`);
  return { $ref: `#/components/responses/${shape}${status}` };
}

function errorNode(status: number, shape: ErrorShape): Node {
  const attempts = { 'x-purser-attempts': headerNode('How many attempts reached a provider; absent: none.', false) };
  const type = shape === 'Problem' ? 'application/problem+json' : 'application/json';
  return {
    description: `${STATUS_CODES[status]}.`,
    headers: { ...headerReferences, ...headersOf[status], ...(shape === 'OpenAIError' ? attempts : {}) },
    content: { [type]: { schema: { $ref: `#/components/schemas/${shape}` } } },
  };
}
