import { accessOf, type RouteAccess } from '../authentication/access.ts';
import type { JsonSchema, NamedSchema, Operation } from './operation.ts';
import { commonErrors, errorResponses, errorReference, openAiError, problem } from './error-responses.ts';
import { commonHeaders, headerNode, headerReferences, readHeaderReferences } from './headers.ts';
import { parameterDescriptions } from './parameters.ts';

type Node = Record<string, unknown>;

const dataPlaneAccess: RouteAccess = { roles: ['admin', 'manager', 'member'], owned: false };

const DESCRIPTION = `A self-hosted control plane for AI spend. Two planes on one port: \`/v1\` speaks OpenAI's wire format, \`/api/v1\`
is for setting things up and looking at them.

Times are ISO 8601 in UTC, money is a decimal string of USD, ids are strings. Answers above 1 KB come compressed to who
accepts it (\`Accept-Encoding\`: br, gzip, deflate), unless the request has \`x-no-compression\`. Fields and parameters
that are not described here are refused by name on \`/api/v1\`, and passed on to the provider on \`/v1\`.`;

/** The OpenAPI 3.1 document of these operations. */
export function openApiDocument(operations: readonly Operation[]): Node {
  const paths: Record<string, Node> = {};
  const schemas: Record<string, JsonSchema> = { Problem: problem, OpenAIError: openAiError };
  for (const operation of operations) {
    const { mediaTypes = ['application/json'], body } = operation.answer;
    const named = [operation.body, mediaTypes.some(isJson) ? body : undefined];
    for (const each of named) if (each) schemas[each.name] = schemaOf(each);
    (paths[operation.path] ??= {})[operation.method] = operationNode(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      ...{ title: 'Purser', version: '1', description: DESCRIPTION },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This Purser.' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      headers: commonHeaders,
      responses: errorResponses(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key of Purser.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'The same key, in another header.' },
      },
    },
  };
}

function schemaOf({ schema, example }: NamedSchema): JsonSchema {
  return example === undefined ? schema : { ...schema, examples: [example] };
}

function operationNode(operation: Operation): Node {
  const { id, tag, summary, description, open, body, answer, path } = operation;
  const plane = path.startsWith('/v1/') ? 'OpenAIError' : 'Problem';
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(open ? description && { description } : { description: whoMayCall(operation) }),
    ...(open && { security: [] }),
    parameters: parametersOf(operation),
    ...(body && { requestBody: { required: true, content: { 'application/json': reference(body) } } }),
    responses: {
      [answer.status]: answerNode(operation),
      ...(isConditional(operation) && { 304: unchangedNode(operation) }),
      ...Object.fromEntries(errorsOf(operation).map((status) => [status, errorReference(status, plane)])),
    },
  };
}

/** What is said of it, and the roles that may call it: on the control plane by the table that the routes go by. */
function whoMayCall({ method, path, description }: Operation): string {
  const { roles, owned } = path.startsWith('/api/') ? accessOf(method, path) : dataPlaneAccess;
  const whose = owned && roles.length > 1 ? ', each on what its account may see' : '';
  return `${description ? `${description} ` : ''}Roles: ${roles === 'keyless' ? 'any' : roles.join(', ')}${whose}.`;
}

function errorsOf({ errors, open, path, body }: Operation): number[] {
  const ofKeys = open ? [] : [401, 403, 429];
  // Of the control plane every parameter is checked; what has a body may be sent a wrong one.
  const ofInput = [...(path.startsWith('/api/') ? [400, 504] : []), ...(body ? [400, 413, 415] : [])];
  return [...new Set([...errors, ...ofKeys, ...ofInput, ...commonErrors])].sort((a, b) => a - b);
}

function isConditional({ method, answer }: Operation): boolean {
  return answer.conditional ?? method === 'get';
}

function parametersOf(operation: Operation): Node[] {
  const { path, query, headers } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1]));
  const { properties = {}, required = [] } = (query ?? {}) as { properties?: Node; required?: string[] };
  const conditional: Record<string, string> = isConditional(operation)
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
  const description = place === 'header' ? undefined : parameterDescriptions[name];
  return { in: place, name, required, schema, ...(description && { description }) };
}

function answerNode(operation: Operation): Node {
  const { description, body, mediaTypes = ['application/json'] } = operation.answer;
  const tag: Record<string, string> = isConditional(operation)
    ? { ETag: 'The version of what is answered, in its coding.' }
    : {};
  return {
    description,
    headers: headersOf(operation, tag),
    ...(body && { content: Object.fromEntries(mediaTypes.map((type) => [type, contentOf(body, type)])) }),
  };
}

/** @param tag what is said of the ETag; the operation may say better */
function headersOf({ method, path, answer }: Operation, tag: Readonly<Record<string, string>>): Node {
  const { headers = {}, optionalHeaders = {} } = answer;
  const nodes = (texts: object, required: boolean): Node =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, headerNode(text as string, required)]));
  const isRead = method === 'get' && path.startsWith('/api/');
  return {
    ...headerReferences,
    ...(isRead && readHeaderReferences),
    ...nodes({ ...tag, ...headers }, true),
    ...nodes(optionalHeaders, false),
  };
}

/** A body that is not JSON, such as a stream of events, has no schema but that of a text. */
function contentOf(body: NamedSchema, mediaType: string): Node {
  return isJson(mediaType) ? reference(body) : { schema: { type: 'string' } };
}

function isJson(mediaType: string): boolean {
  return /[/+]json$/.test(mediaType);
}

function unchangedNode(operation: Operation): Node {
  return {
    description: 'Not modified: If-None-Match names the ETag.',
    headers: { ...headersOf(operation, {}), ETag: headerNode('The version that the reader has.', true) },
  };
}

function reference({ name }: NamedSchema): Node {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}
