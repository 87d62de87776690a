import { invalidField } from '@purser/errors';
import { readObject } from '../json/read-object.ts';
import type { TopLevelScan } from '../json/scan-top-level.ts';
import { refuseRepeatedNames } from './repeated-names.ts';
import { UNBOUNDED_FIELDS, checkMessages, checkTools, refuseUnbounded } from './unbounded-fields.ts';
import { lookedNames, refuseLookalikes } from './lookalike-names.ts';
import { normalisationExcess } from './prompt-bytes.ts';

/** What Purser reads of a chat completion's request; everything else passes through unread. */
export interface ChatRequest {
  /** As it came. */
  readonly body: Buffer;
  readonly scan: TopLevelScan;
  readonly model: string;
  readonly stream: boolean;
  /** Whether the client asked for the usage at the end of the stream. */
  readonly includeUsage: boolean;
  readonly messages: number;
  /** How many answers are asked for. */
  readonly choices: number;
  /** The larger of the limits on an answer's tokens; undefined where there is none. */
  readonly outputLimit: number | undefined;
  /** Whether the limit was given as `max_tokens`, the only name that some providers know. */
  readonly givesMaxTokens: boolean;
  readonly hasTools: boolean;
  /** How many bytes longer than `body` its text can become by Unicode normalisation (NFKC). */
  readonly normalisationExcess: number;
}

const MOST_CHOICES = 128;
const MOST_OUTPUT_TOKENS = 100_000_000;
const NESTED = ['messages', 'tools', 'stream_options'];
const READ = new Set(
  ['model', 'stream', 'n', 'max_tokens', 'max_completion_tokens', 'functions', ...NESTED].concat(UNBOUNDED_FIELDS),
);

const READ_NAMES = lookedNames(READ);
const STREAM_NAMES = lookedNames(['include_usage']);

/**
 * Reads and checks the request.
 *
 * @throws DomainError `invalid_request` or `unsupported_field`, with the field's path in `details.field`
 */
export function readChatRequest(body: Buffer, maxDepth: number): ChatRequest {
  const { value, scan } = readObject(body, READ, maxDepth);
  refuseLookalikes(value, '', READ_NAMES);
  const model = value.model;
  if (typeof model !== 'string' || model === '') throw invalidField('model', 'must be the name of a model or route');
  const messages = checkMessages(value.messages);
  const hasTools = checkTools(value.tools, value.functions);
  refuseUnbounded(value, scan.fields.keys());
  for (const field of NESTED) refuseRepeatedNames(body, scan.fields.get(field), value[field], field);
  return {
    body,
    scan,
    model,
    stream: flag(value.stream, 'stream'),
    includeUsage: includesUsage(value.stream_options),
    messages,
    choices: wholeNumber(value.n, 'n', MOST_CHOICES) ?? 1,
    outputLimit: larger(
      wholeNumber(value.max_tokens, 'max_tokens', MOST_OUTPUT_TOKENS),
      wholeNumber(value.max_completion_tokens, 'max_completion_tokens', MOST_OUTPUT_TOKENS),
    ),
    givesMaxTokens: value.max_tokens !== undefined && value.max_tokens !== null,
    hasTools,
    normalisationExcess: normalisationExcess(body, value),
  };
}

function includesUsage(options: unknown): boolean {
  if (options === undefined || options === null) return false;
  if (typeof options !== 'object' || Array.isArray(options)) throw invalidField('stream_options', 'must be an object');
  refuseLookalikes(options, 'stream_options', STREAM_NAMES);
  return flag((options as { include_usage?: unknown }).include_usage, 'stream_options.include_usage');
}

function flag(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw invalidField(field, 'must be true or false');
  return value;
}

function wholeNumber(value: unknown, field: string, most: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number;
  throw invalidField(field, `must be a whole number from 1 to ${most}`);
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}
