import type { NamedSchema, Operation } from './operation.ts';

const anyObject = { type: 'object', additionalProperties: true };

const chatCompletionRequest: NamedSchema = {
  name: 'ChatCompletionRequest',
  schema: {
    type: 'object',
    required: ['model', 'messages'],
    additionalProperties: true,
    description: "OpenAI's request. Fields that Purser does not read are passed on to the provider.",
    properties: {
      model: { type: 'string', description: "A route's name, or `provider/model`." },
      messages: { type: 'array', minItems: 1, items: anyObject },
      stream: { type: ['boolean', 'null'], default: false },
      stream_options: { type: ['object', 'null'], properties: { include_usage: { type: 'boolean' } } },
      max_tokens: { type: ['integer', 'null'], minimum: 1 },
      max_completion_tokens: { type: ['integer', 'null'], minimum: 1 },
      n: { type: ['integer', 'null'], minimum: 1 },
    },
  },
};

const callableModel: NamedSchema = {
  name: 'CallableModel',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'object', 'created', 'owned_by'],
    properties: {
      id: { type: 'string' },
      object: { const: 'model' },
      created: { type: 'integer', description: 'Seconds since 1970.' },
      owned_by: { type: 'string' },
    },
  },
};

const callableModelList: NamedSchema = {
  name: 'CallableModelList',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['object', 'data'],
    properties: { object: { const: 'list' }, data: { type: 'array', items: callableModel.schema } },
  },
};

const answerHeaders = {
  'x-purser-provider': 'The provider that answered.',
  'x-purser-model': "The provider's name of the model that answered.",
  'x-purser-attempts': 'How many attempts reached a provider; 0 for a kept answer.',
};

const optionalAnswerHeaders = {
  'X-Cache':
    'What the answer cache did: `HIT`, `MISS`, or `BYPASS` where `x-purser-cache: off` or the size kept the request from it; absent: nothing says that answers are kept.',
  'X-Cache-Hit': '`true` where `X-Cache` is `HIT`, else `false`; absent with it.',
  'X-Cache-Key': 'What the answer is kept under.',
  Age: 'How many seconds ago a kept answer was made.',
  'x-purser-cost-usd': 'What the answer cost; in a stream a comment before `[DONE]` says it.',
  'x-purser-budget-remaining-usd':
    'The least that is left of the budgets that apply, as last known; absent: none applies.',
  'content-language': "The provider's.",
  'cache-control': "The provider's.",
  'openai-processing-ms': "The provider's.",
  'openai-version': "The provider's.",
};

/** Every operation of `/v1`. */
export function dataPlaneOperations(): readonly Operation[] {
  return [
    {
      method: 'post',
      path: '/v1/chat/completions',
      id: 'createChatCompletion',
      tag: 'calling models',
      summary: 'Complete a chat, plain or streamed',
      body: chatCompletionRequest,
      headers: {
        'x-purser-cache':
          "`on` or `off`: whether an answer to the same request may be given again; else the route's `cache` says.",
      },
      answer: {
        status: 200,
        description: "The provider's answer; server-sent events with `stream: true`.",
        body: { name: 'ChatCompletion', schema: anyObject },
        mediaTypes: ['application/json', 'text/event-stream'],
        headers: answerHeaders,
        optionalHeaders: optionalAnswerHeaders,
      },
      errors: [402, 404, 429, 502, 504],
    },
    {
      method: 'get',
      path: '/v1/models',
      id: 'listCallableModels',
      tag: 'calling models',
      summary: 'List the names that can be sent as `model`',
      answer: { status: 200, description: 'OK.', body: callableModelList },
      errors: [],
    },
    {
      method: 'get',
      path: '/v1/models/{id}',
      id: 'getCallableModel',
      tag: 'calling models',
      summary: 'Get one of them; its name may hold slashes',
      answer: { status: 200, description: 'OK.', body: callableModel },
      errors: [404],
    },
  ];
}
