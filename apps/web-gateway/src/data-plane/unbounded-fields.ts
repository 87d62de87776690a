import { DomainError, invalidField } from '@purser/errors';
import { lookedNames, refuseLookalikes } from './lookalike-names.ts';

/** What the value of a field may be for its cost to be known beforehand, besides absent and null. */
interface Bounded {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
}

const absent: Bounded = {
  accepts: () => false,
  expected: 'is not supported: what it can cost is not known beforehand',
};
const off: Bounded = {
  accepts: (value) => value === false || (Array.isArray(value) && value.length === 0),
  expected: absent.expected,
};
const textOnly: Bounded = {
  accepts: (value) => Array.isArray(value) && value.every((modality) => modality === 'text'),
  expected: 'must be ["text"]: what other answers can cost is not known beforehand',
};
const listPrice: Bounded = {
  accepts: (value) => value === 'auto' || value === 'default',
  expected: 'must be "auto" or "default": the prices of other tiers are not known',
};

/** Fields that bring in input which the gateway can't see, answers of another kind, other models or other prices. */
const bounded = new Map<string, Bounded>(
  Object.entries({
    audio: absent,
    background: off,
    best_of: absent,
    cache_control: absent,
    cached_content: absent,
    chat_template: absent,
    compound_custom: absent,
    conversation: absent,
    data_sources: absent,
    enable_search: off,
    extra_body: absent,
    modalities: textOnly,
    models: off,
    plugins: off,
    prediction: absent,
    previous_response_id: absent,
    prompt: absent,
    prompt_mode: absent,
    provider: absent,
    safe_prompt: absent,
    safety_model: absent,
    search_parameters: absent,
    service_tier: listPrice,
    thinking_budget: absent,
    web_search_options: absent,
  }),
);

/** The names of the fields that {@link refuseUnbounded} looks at. */
export const UNBOUNDED_FIELDS: readonly string[] = [...bounded.keys()];

const PART_TEXTS: Readonly<Record<string, string>> = { text: 'text', refusal: 'refusal' };
const MESSAGE_NAMES = lookedNames(['role', 'content', 'audio', 'cache_control', 'refusal', 'name', 'tool_calls']);
const PART_NAMES = lookedNames(['type', 'text', 'refusal', 'cache_control', 'image_url', 'input_audio', 'file']);
const TOOL_NAMES = lookedNames(['type', 'function', 'custom', 'cache_control']);
/** Tools that the client runs. Those that the provider runs put text into the prompt that nobody can count beforehand. */
const CLIENT_TOOLS = new Set<unknown>(['function', 'custom']);

/**
 * @param fields the names of the fields that the request has, at least those of {@link UNBOUNDED_FIELDS}
 * @throws DomainError `unsupported_field` for a field whose cost has no bound yet
 */
export function refuseUnbounded(request: Readonly<Record<string, unknown>>, fields: Iterable<string>): void {
  for (const field of fields) {
    const rule = bounded.get(field);
    const value = rule && request[field];
    if (value === undefined || value === null) continue;
    if (!rule!.accepts(value)) throw unsupported(field, rule!.expected);
  }
}

/**
 * Makes sure that all that the messages bring in stands in them as text.
 *
 * @returns how many there are
 * @throws DomainError `invalid_request`, or `unsupported_field` for images, audio, files and what is not known
 */
export function checkMessages(messages: unknown): number {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalidField('messages', 'must be a list of at least one message');
  }
  for (const [index, message] of messages.entries()) checkMessage(message, index);
  return messages.length;
}

function checkMessage(message: unknown, index: number): void {
  if (!isObject(message)) throw invalidField(`messages[${index}]`, 'must be an object');
  refuseLookalikes(message, `messages[${index}]`, MESSAGE_NAMES);
  const { role, content, audio } = message;
  if (typeof role !== 'string') throw invalidField(`messages[${index}].role`, 'must be a string');
  if (audio !== undefined && audio !== null) throw unsupported(`messages[${index}].audio`, absent.expected);
  refuseCacheControl(message, `messages[${index}]`);
  if (typeof content === 'string' || content === undefined || content === null) return;
  if (!Array.isArray(content)) {
    throw invalidField(`messages[${index}].content`, 'must be a string or a list of content parts');
  }
  for (const [position, part] of content.entries()) checkPart(part, `messages[${index}].content[${position}]`);
}

function checkPart(part: unknown, path: string): void {
  if (!isObject(part)) throw invalidField(path, 'must be an object');
  refuseLookalikes(part, path, PART_NAMES);
  refuseCacheControl(part, path);
  if (typeof part.type !== 'string') throw invalidField(`${path}.type`, 'must be a string');
  const text = Object.hasOwn(PART_TEXTS, part.type) ? PART_TEXTS[part.type]! : undefined;
  if (text === undefined) {
    throw unsupported(
      `${path}.type`,
      `must be "text": what ${JSON.stringify(part.type)} can cost is not known beforehand`,
    );
  }
  if (typeof part[text] !== 'string') throw invalidField(`${path}.${text}`, 'must be a string');
}

/**
 * Makes sure that all tools are run by the client.
 *
 * @returns whether there are any
 * @throws DomainError `invalid_request`, or `unsupported_field` for tools that the provider runs
 */
export function checkTools(tools: unknown, functions: unknown): boolean {
  const legacy = listOf(functions, 'functions');
  const list = listOf(tools, 'tools');
  for (const [index, tool] of list.entries()) {
    if (!isObject(tool)) throw invalidField(`tools[${index}]`, 'must be an object');
    refuseLookalikes(tool, `tools[${index}]`, TOOL_NAMES);
    refuseCacheControl(tool, `tools[${index}]`);
    if (!CLIENT_TOOLS.has(tool.type)) {
      throw unsupported(`tools[${index}].type`, 'must be "function" or "custom": what others can cost is not known');
    }
  }
  return list.length + legacy.length > 0;
}

/** What is written to a provider's cache has a price of its own, which is not known. */
function refuseCacheControl(holder: Record<string, unknown>, path: string): void {
  const { cache_control: control } = holder;
  if (control !== undefined && control !== null) throw unsupported(`${path}.cache_control`, absent.expected);
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidField(field, 'must be a list');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unsupported(field: string, expected: string): DomainError {
  return new DomainError('unsupported_field', `${field}: ${expected}`, { field });
}
