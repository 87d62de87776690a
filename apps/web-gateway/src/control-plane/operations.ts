import {
  accounts,
  apiKeys,
  budgets,
  getWorkEffort,
  jsonSchemaOf,
  listLeases,
  listLedger,
  listUsage,
  listWorkEfforts,
  models,
  providerChanges,
  providerInput,
  providers,
  releaseLease,
  routes,
  sources,
  sumUsage,
  syncSource,
} from '@purser/contracts';
import type { Answer, JsonSchema, NamedSchema, Operation } from '../openapi/operation.ts';
import type { Schema } from './control-plane-request.ts';
import type { ResourceContract } from './resource.controller.ts';

const BASE = '/api/v1';
const CONDITIONAL_WRITE = { 'If-Match': 'The ETag that the resource must still have; 412 otherwise.' };
const IDEMPOTENT = { 'Idempotency-Key': 'A repeat with the same key is answered what the first one was answered.' };
const TAG = { ETag: "The resource's version." };
const PAGE_HEADERS = {
  Link: 'RFC 8288: first, prev, next, last.',
  'X-Total-Count': 'How many there are on all pages.',
  'X-Page': 'This page.',
  'X-Per-Page': 'Rows on a page.',
  'X-Total-Pages': 'How many pages there are.',
};

/** Every operation of `/api/v1`. */
export function controlPlaneOperations(): readonly Operation[] {
  return [
    ...resource('accounts', 'Account', 'account', accounts),
    ...resource('keys', 'Key', 'API key', apiKeys),
    ...resource('budgets', 'Budget', 'budget', budgets),
    ...resource('providers', 'Provider', 'provider', providers, providerInput, providerChanges),
    ...resource('models', 'Model', 'model', models),
    ...resource('routes', 'Route', 'route', routes),
    ...resource('sources', 'Source', 'source', sources),
    {
      ...one('post', 'sources', '/{id}/sync', 'syncSource', 'Read a source now; answers when that is done'),
      answer: ok(answerOf('Source', syncSource.response)),
      errors: [404, 504],
    },
    log('ledger', 'listLedger', 'Movements of money, newest first', 'LedgerEntry', listLedger),
    log('leases', 'listLeases', 'Leases of gateways on which money rests', 'Lease', listLeases),
    {
      ...one('post', 'leases', '/{id}/release', 'releaseLease', 'Let go of a lease whose gateway will not come back'),
      body: inputOf('LeaseRelease', releaseLease.request.shape.input),
      answer: ok(answerOf('Lease', releaseLease.response)),
      errors: [400, 404, 409, 415],
    },
    log('usage', 'listUsage', 'Attempts that reached a provider, newest first', 'UsageRow', listUsage),
    {
      ...one('get', 'reports', '/usage', 'sumUsage', 'Usage by interval and group, oldest first'),
      query: jsonSchemaOf(sumUsage.request, 'input'),
      answer: ok(answerOf('UsageReport', sumUsage.response)),
      errors: [400],
    },
    list('work-efforts', 'listWorkEfforts', 'List work efforts', 'WorkEffort', listWorkEfforts),
    {
      ...one('get', 'work-efforts', '/{id}', 'getWorkEffort', 'Get a work effort with its tickets'),
      answer: { ...ok(answerOf('WorkEffortWithTickets', getWorkEffort.response)), headers: TAG, conditional: true },
      errors: [404],
    },
  ];
}

/** The five operations of a resource; `creation` and `changes` where HTTP takes other fields than the message. */
function resource(
  path: string,
  name: string,
  noun: string,
  contract: ResourceContract,
  creation: Schema = contract.create.request.shape.input,
  changes: Schema = contract.update.request.shape.changes,
): Operation[] {
  const answer = answerOf(name, contract.get.response);
  const created = contract === apiKeys ? answerOf(`Created${name}`, contract.create.response) : answer;
  const an = /^[aeiou]/i.test(noun) ? 'an' : 'a';
  return [
    {
      ...one('post', path, '', `create${name}`, `Create ${an} ${noun}`),
      headers: IDEMPOTENT,
      body: inputOf(`New${name}`, creation),
      answer: {
        status: 201,
        description: 'Created.',
        body: created,
        headers: { ...TAG, Location: 'Where it is found.' },
      },
      errors: [400, 404, 409, 413, 415],
    },
    list(path, `list${name}s`, `List ${noun}s`, name, contract.list),
    {
      ...one('get', path, '/{id}', `get${name}`, `Get ${an} ${noun}`),
      answer: { ...ok(answer), headers: TAG, conditional: true },
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

function list(path: string, id: string, summary: string, row: string, contract: ListContract): Operation {
  const answer = { ...ok(rowsOf(`${row}Page`, row, contract.response)), headers: PAGE_HEADERS };
  return {
    ...one('get', path, '', id, summary),
    query: jsonSchemaOf(contract.request, 'input'),
    answer,
    errors: [400],
  };
}

function log(path: string, id: string, summary: string, row: string, contract: ListContract): Operation {
  const answer = ok(rowsOf(`${row}Log`, row, contract.response));
  return {
    ...one('get', path, '', id, summary),
    query: jsonSchemaOf(contract.request, 'input'),
    answer,
    errors: [400],
  };
}

function one(method: Operation['method'], tag: string, rest: string, id: string, summary: string) {
  return { method, path: `${BASE}/${tag}${rest}`, id, tag, summary };
}

function ok(body: NamedSchema): Answer {
  return { status: 200, description: 'OK.', body };
}

function inputOf(name: string, schema: Schema): NamedSchema {
  return { name, schema: jsonSchemaOf(schema, 'input') };
}

function answerOf(name: string, schema: Schema): NamedSchema {
  return { name, schema: jsonSchemaOf(schema, 'output') };
}

/** A page of rows; the row gets a name of its own within it. */
function rowsOf(name: string, row: string, schema: Schema): NamedSchema {
  const page = jsonSchemaOf(schema, 'output') as { properties: { data: { items: JsonSchema } } };
  page.properties.data.items = { title: row, ...page.properties.data.items };
  return { name, schema: page };
}
