import { jsonSchemaOf, type ResourceContract } from '@purser/contracts';
import type { Answer, JsonSchema, NamedSchema, Operation } from '../openapi/operation.ts';
import type { Schema } from './control-plane-request.ts';
import { creationExamples } from './creation-examples.ts';

const BASE = '/api/v1';
const CONDITIONAL_WRITE = { 'If-Match': 'The ETag that the resource must still have; 412 otherwise.' };
const IDEMPOTENT = { 'Idempotency-Key': 'A repeat with the same key is answered what the first one was answered.' };
const PAGE_HEADERS = {
  Link: 'RFC 8288: first, prev, next, last.',
  'X-Total-Count': 'How many there are on all pages.',
  'X-Page': 'This page.',
  'X-Per-Page': 'Rows on a page.',
  'X-Total-Pages': 'How many pages there are.',
};

/** The header of an answer that has a version. */
export const TAG = { ETag: "The resource's version." };

const CACHE_HEADERS = {
  'X-Cache': 'What the cache did: `HIT`, `MISS`, or `BYPASS`.',
  'X-Cache-Hit': '`true` where `X-Cache` is `HIT`, else `false`.',
  'X-Cache-Key': 'Names the answer that is kept; absent with `BYPASS`.',
  Age: 'How many seconds ago it was read; absent where it was just now.',
};

/** Operations whose answers to GET are cached, but for files. */
export function cached(operations: readonly Operation[]): Operation[] {
  return operations.map((operation) => {
    if (operation.method !== 'get' || operation.path.endsWith('/export')) return operation;
    const optionalHeaders = { ...operation.answer.optionalHeaders, ...CACHE_HEADERS };
    return { ...operation, answer: { ...operation.answer, optionalHeaders } };
  });
}

/** What HTTP takes for a resource, where that is not what the message takes. */
export interface ResourceInputs {
  readonly creation?: Schema;
  readonly changes?: Schema;
}

/** The five operations of a resource: create, list, get, change, delete. */
export function resource(
  path: string,
  name: string,
  noun: string,
  contract: ResourceContract,
  inputs: ResourceInputs = {},
): Operation[] {
  const { creation = contract.create.request.shape.input, changes = contract.update.request.shape.changes } = inputs;
  const answer = answerOf(name, contract.get.response);
  const isMore = contract.create.response !== contract.get.response;
  const created = isMore ? answerOf(`Created${name}`, contract.create.response) : answer;
  const an = /^[aeiou]/i.test(noun) ? 'an' : 'a';
  return [
    {
      ...one('post', path, '', `create${name}`, `Create ${an} ${noun}`),
      headers: IDEMPOTENT,
      body: { ...inputOf(`New${name}`, creation), example: creationExamples[name] },
      answer: {
        status: 201,
        description: 'Created.',
        body: created,
        headers: { ...TAG, Location: 'Where it is found.' },
      },
      errors: [400, 404, 409, 413, 415],
    },
    list(path, `list${name}s`, `List ${noun}s`, name, { request: contract.query, response: contract.list.response }),
    {
      ...one('get', path, '/{id}', `get${name}`, `Get ${an} ${noun}`),
      answer: { ...ok(answer), headers: TAG },
      errors: [404],
    },
    {
      ...one('patch', path, '/{id}', `update${name}`, `Change ${an} ${noun}`),
      headers: CONDITIONAL_WRITE,
      body: inputOf(`${name}Changes`, changes),
      answer: { ...ok(answer), headers: TAG },
      errors: [400, 404, 409, 412, 413, 415],
    },
    {
      ...one('delete', path, '/{id}', `delete${name}`, `Delete ${an} ${noun}; what has history is archived`),
      headers: CONDITIONAL_WRITE,
      answer: { status: 204, description: 'It is gone.' },
      errors: [404, 409, 412],
    },
  ];
}

interface ListContract {
  readonly request: Schema;
  readonly response: Schema;
}

/** A list that is paged by number. */
export function list(path: string, id: string, summary: string, row: string, contract: ListContract): Operation {
  const answer = { ...ok(rowsOf(`${row}Page`, row, contract.response)), headers: PAGE_HEADERS };
  return {
    ...one('get', path, '', id, summary),
    query: jsonSchemaOf(contract.request, 'input'),
    answer,
    errors: [400],
  };
}

/** A list that is paged by cursor. */
export function log(path: string, id: string, summary: string, row: string, contract: ListContract): Operation {
  const next = { Link: 'RFC 8288: next; absent at the end.' };
  const answer = { ...ok(rowsOf(`${row}Log`, row, contract.response)), optionalHeaders: next };
  return {
    ...one('get', path, '', id, summary),
    query: jsonSchemaOf(contract.request, 'input'),
    answer,
    errors: [400],
  };
}

/** The beginning of any operation below `/api/v1`; the first segment of its path is its tag. */
export function one(method: Operation['method'], tag: string, rest: string, id: string, summary: string) {
  return { method, path: `${BASE}/${tag}${rest}`, id, tag, summary };
}

/** The answer of an operation that creates nothing. */
export function ok(body: NamedSchema): Answer {
  return { status: 200, description: 'OK.', body };
}

/** A schema of what is sent, under its name in the document. */
export function inputOf(name: string, schema: Schema): NamedSchema {
  return { name, schema: jsonSchemaOf(schema, 'input') };
}

/** A schema of what is answered, under its name in the document. */
export function answerOf(name: string, schema: Schema): NamedSchema {
  return { name, schema: jsonSchemaOf(schema, 'output') };
}

/** A page of rows; the row gets a name of its own within it. */
function rowsOf(name: string, row: string, schema: Schema): NamedSchema {
  const page = jsonSchemaOf(schema, 'output') as { properties: { data: { items: JsonSchema } } };
  page.properties.data.items = { title: row, ...page.properties.data.items };
  return { name, schema: page };
}
