import { isAscii } from 'node:buffer';
import { parseBody } from '../json/parse-body.ts';
import type { ChatRequest } from './chat-request.ts';

/** The longest tokens in the vocabularies of today, such as a line of 128 hyphens; white space left out. */
const MOST_BYTES_PER_TOKEN = 128;
const ESCAPE = Buffer.from('\\u');

/**
 * How many bytes longer than the body its text can become when the provider's tokenizer normalises it (NFKC): a few
 * characters turn into many, such as U+FDFA into 18. 0 for bodies in ASCII without escapes that could hide such characters.
 *
 * @param value what the body holds, parsed
 */
export function normalisationExcess(body: Buffer, value: unknown): number {
  if (isAscii(body) && !body.includes(ESCAPE)) return 0;
  // Printed anew, so that escaped characters stand in it as themselves.
  return Math.max(0, Buffer.byteLength(JSON.stringify(value).normalize('NFKC')) - body.length);
}

/**
 * The tokens that the texts of the messages have at least, whatever the vocabulary, and whatever a provider does to white space
 * and Unicode before.
 */
export function leastPromptTokens({ body, scan }: Pick<ChatRequest, 'body' | 'scan'>): number {
  const { messages } = parseBody(body, scan.escapedNames) as { messages: readonly Message[] };
  let bytes = 0;
  for (const { content } of messages) {
    if (typeof content === 'string') bytes += leastBytes(content);
    else for (const { text } of content ?? []) bytes += typeof text === 'string' ? leastBytes(text) : 0;
  }
  return Math.ceil(bytes / MOST_BYTES_PER_TOKEN);
}

interface Message {
  readonly content?: string | readonly { readonly text?: unknown }[] | null;
}

function leastBytes(text: string): number {
  const dense = text.replace(/\s+/g, '');
  return Math.min(Buffer.byteLength(dense), Buffer.byteLength(dense.normalize('NFKC')));
}
