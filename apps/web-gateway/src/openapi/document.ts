import { STATUS_CODES } from 'node:http';
import type { Answer, JsonSchema, NamedSchema, Operation } from './operation.ts';

type Node = Record<string, unknown>;

/** What any operation may answer. */
const COMMON_ERRORS = [401, 403, 500, 503];

const problem: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  additionalProperties: true,
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; see the catalogue of errors.' },
    requestId: { type: 'string' },
    field: { type: 'string', description: 'The path of the offending field.' },
    issues: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

const openAiError: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: 'string' },
        budget_id: { type: 'string', description: 'With 402: the budget that it did not fit.' },
        remaining_usd: { type: 'string', description: 'With 402: what is left of it.' },
        resets_at: { type: ['string', 'null'], description: 'With 402: when its window ends; null: never.' },
      },
    },
  },
};

/** The OpenAPI 3.1 document of these operations. */
export function openApiDocument(operations: readonly Operation[]): Node {
  const paths: Record<string, Node> = {};
  const schemas: Record<string, JsonSchema> = { Problem: problem, OpenAIError: openAiError };
  for (const operation of operations) {
    for (const named of [operation.body, operation.answer.body]) if (named) schemas[named.name] = named.schema;
    (paths[operation.path] ??= {})[operation.method] = operationNode(operation);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Purser', version: '1', description: 'A self-hosted control plane for AI spend.' },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

function operationNode(operation: Operation): Node {
  const { id, tag, summary, body, answer, errors, path } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    parameters: parametersOf(operation),
    ...(body && { requestBody: { required: true, content: { 'application/json': reference(body) } } }),
    responses: {
      [answer.status]: answerNode(answer),
      ...(answer.conditional && { 304: { description: 'Not modified: If-None-Match names the ETag.' } }),
      ...Object.fromEntries([...errors, ...COMMON_ERRORS].map((status) => [status, errorNode(status, path)])),
    },
  };
}

function parametersOf({ path, query, headers, answer }: Operation): Node[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1]));
  const { properties = {}, required = [] } = (query ?? {}) as { properties?: Node; required?: string[] };
  const conditional: Record<string, string> = answer.conditional
    ? { 'If-None-Match': 'ETags that the reader has; 304 when one is current.' }
    : {};
  return [
    ...inPath.map((name) => parameter('path', name, { type: 'string' }, true)),
    ...Object.entries(properties).map(([name, schema]) => parameter('query', name, schema, required.includes(name))),
    ...Object.entries({ ...headers, ...conditional }).map(([name, description]) => ({
      ...parameter('header', name, { type: 'string' }, false),
      description,
    })),
  ];
}

function parameter(place: string, name: string, schema: unknown, required: boolean): Node {
  return { in: place, name, required, schema };
}

function answerNode({ description, body, mediaTypes = ['application/json'], headers = {} }: Answer): Node {
  return {
    description,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
    ),
    ...(body && { content: Object.fromEntries(mediaTypes.map((type) => [type, reference(body)])) }),
  };
}

function errorNode(status: number, path: string): Node {
  const content = path.startsWith('/v1/')
    ? { 'application/json': { schema: { $ref: '#/components/schemas/OpenAIError' } } }
    : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return { description: `${STATUS_CODES[status]}.`, content };
}

function reference({ name }: NamedSchema): Node {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}
