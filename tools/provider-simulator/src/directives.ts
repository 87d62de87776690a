import { isFault } from './faults.ts';
import type { Fault } from './faults.ts';

/** What one request asks of the simulator, in its header, its model's name or its last user message. */
export interface Directives {
  readonly fault?: Fault;
  /** Completion tokens of each choice. */
  readonly tokens?: number;
  /** Prompt tokens. */
  readonly prompt?: number;
  /** Prompt tokens that come from the cache. */
  readonly cached?: number;
  /** Milliseconds until the first byte. */
  readonly latency?: number;
  /** Milliseconds for each token. */
  readonly perToken?: number;
  /** Tokens after which a fault in mid-stream strikes. */
  readonly after?: number;
}

const MARKER = /\[\[(fault|tokens|prompt|cached|latency|per-token|after):([\w-]{1,32})\]\]/g;
const LARGEST = 3_600_000;

/** Reads the markers `[[name:value]]` in a text. What is no marker, or has no valid value, is just text. */
export function directivesIn(text: string): Directives {
  if (!text.includes('[[')) return {};
  const found: Record<string, string | number> = {};
  for (const [, name, value] of text.matchAll(MARKER)) {
    if (name === 'fault') {
      if (isFault(value)) found.fault = value;
    } else if (/^\d{1,7}$/.test(value!) && Number(value) <= LARGEST) {
      found[name === 'per-token' ? 'perToken' : name!] = Number(value);
    }
  }
  return found;
}

/** The text of the last user message, its text parts joined; empty when there is none. */
export function lastUserText(messages: readonly unknown[]): string {
  const last = messages.findLast((message) => (message as { role?: unknown } | null)?.role === 'user');
  const content = (last as { content?: unknown } | undefined)?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (part as { text?: unknown } | null)?.text)
    .filter((text) => typeof text === 'string')
    .join('\n');
}
