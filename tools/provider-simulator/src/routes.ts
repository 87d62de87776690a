import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerChat } from './chat.ts';
import { planChat } from './chat-plan.ts';
import type { PlanContext } from './chat-plan.ts';
import { answerEmbeddings } from './embeddings.ts';
import { Exchange } from './exchange.ts';
import { NO_TOKENS } from './money.ts';
import { parseBody, readBody } from './request.ts';
import type { Body } from './request.ts';
import { SettingsError } from './settings.ts';
import type { SimulatorState } from './state.ts';
import { WireError } from './wire-error.ts';

/** Answers one HTTP request. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const MAX_LISTED = 1_000_000;

/** Everything that the simulator answers to. */
export function listenerFor(state: SimulatorState): Listener {
  return (request, response) => {
    const [path = '', query] = request.url!.split('?');
    response.setHeader('x-request-id', state.nextRequestId());
    const served = path.startsWith('/simulator/')
      ? control(state, request, response, path, query)
      : serve(state, request, response, path);
    served.catch((error: unknown) => {
      // A fault of the simulator's own must not look like one it simulates.
      console.error(error);
      response.destroy();
    });
  };
}

/** OpenAI's API. Only what could cost something is in the ledger. */
async function serve(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const post = request.method === 'POST';
  const chat = post && path === '/v1/chat/completions';
  if (!chat && !(post && path === '/v1/embeddings')) return listModels(state, request, response, path);
  const exchange = new Exchange(request, response, state.ledger.open());
  try {
    authorize(state, request);
    const bytes = await readBody(request);
    if (bytes === undefined) return exchange.bill('aborted', NO_TOKENS);
    const body = parseBody(bytes);
    exchange.stream = chat && body.stream === true;
    if (chat) await serveChat(state, exchange, body, bytes.length);
    else await answerEmbeddings(exchange, body, state);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // What is too large is still coming in; nothing more is read of it.
    exchange.sendError(error, error.status === 413 ? { connection: 'close' } : {});
  } finally {
    // Whatever happened, the request is not in flight any more.
    exchange.bill('dropped', NO_TOKENS);
  }
}

async function serveChat(state: SimulatorState, exchange: Exchange, body: Body, bodyBytes: number): Promise<void> {
  const plan = planChat({ body, bodyBytes, faultHeader: exchange.header('x-simulator-fault') }, state);
  exchange.model = plan.model;
  exchange.fault = plan.fault;
  await answerChat(exchange, plan, state.identity(), state.settings);
}

function listModels(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const exchange = new Exchange(request, response, () => undefined);
  try {
    const [, name] = /^\/v1\/models(?:\/(.+))?$/.exec(request.method === 'GET' ? path : '') ?? fail(request, path);
    authorize(state, request);
    const models = [...state.models.keys()].map((id) => ({ id, object: 'model', created: 0, owned_by: 'simulator' }));
    if (name === undefined) exchange.sendJson(200, { object: 'list', data: models });
    else exchange.sendJson(200, models.find(({ id }) => id === decodeURIComponent(name)) ?? failModel(name));
  } catch (error) {
    if (error instanceof WireError) exchange.sendError(error);
    else exchange.sendError(new WireError(400, 'The path is not a valid one.'));
  }
  return Promise.resolve();
}

function authorize({ settings }: PlanContext, request: IncomingMessage): void {
  if (settings.apiKey === null || request.headers.authorization === `Bearer ${settings.apiKey}`) return;
  throw new WireError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
}

function fail(request: IncomingMessage, path: string): never {
  throw new WireError(404, `Unknown request URL: ${request.method} ${path}.`, { code: 'unknown_url' });
}

function failModel(name: string): never {
  throw new WireError(404, `The model '${name}' does not exist.`, { param: 'model', code: 'model_not_found' });
}

/** The simulator's own API: what it would bill, and its settings. */
async function control(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query?: string,
): Promise<void> {
  const exchange = new Exchange(request, response, () => undefined);
  try {
    const bytes = await readBody(request);
    if (bytes === undefined) return;
    exchange.sendJson(200, controlAnswer(state, `${request.method} ${path}`, bytes, query) ?? fail(request, path));
  } catch (error) {
    if (error instanceof SettingsError) exchange.sendError(new WireError(400, error.message));
    else if (error instanceof WireError) exchange.sendError(error);
    else throw error;
  }
}

function controlAnswer(state: SimulatorState, route: string, bytes: Buffer, query?: string): object | undefined {
  switch (route) {
    case 'GET /simulator/ledger': {
      const limit = new URLSearchParams(query).get('limit') ?? String(MAX_LISTED);
      if (!/^\d{1,7}$/.test(limit)) throw new WireError(400, 'limit must be a whole number.', { param: 'limit' });
      return state.ledger.view(Number(limit));
    }
    case 'DELETE /simulator/ledger':
      state.ledger.clear();
      return state.ledger.view();
    case 'GET /simulator/config':
      return state.settings;
    case 'POST /simulator/config':
      state.configure(parseBody(bytes));
      return state.settings;
    case 'POST /simulator/reset':
      state.reset();
      return state.settings;
    default:
      return undefined;
  }
}
