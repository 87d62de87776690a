import type { Demand } from '../../core/store.ts';

/** Braces that are not empty: what is between the first ones decides the slot of a Redis Cluster. */
const PREFIX = /^[\w.:-]*\{[\w.:-]+\}[\w.:-]*$/;
const MAX_PREFIX = 128;

/** @throws TypeError naming the option */
export function checkPrefix(prefix: string): string {
  if (typeof prefix === 'string' && prefix.length <= MAX_PREFIX && PREFIX.test(prefix)) return prefix;
  throw new TypeError(
    `prefix must have a part in braces, such as "{rate-limits}:", and consist of letters, digits, "_", ".", ":" and "-", at most ${MAX_PREFIX}, not ${JSON.stringify(prefix)}`,
  );
}

/**
 * A limit and whose it is, as text that UTF-8 carries: it has nothing for half a surrogate pair, and different subjects would
 * become the same.
 */
export function targetOf({ limit, subject }: Pick<Demand, 'limit' | 'subject'>): string {
  return `${limit.name}${textOf(subject)}`;
}

/** Undoes {@link targetOf}; undefined for what it never gives. */
export function readTarget(target: string): { readonly limitName: string; readonly subject: string } | undefined {
  const end = target.search(/[:!]/);
  if (end < 1) return undefined;
  const limitName = target.slice(0, end);
  const rest = target.slice(end + 1);
  if (target[end] === ':') return { limitName, subject: rest };
  try {
    const subject: unknown = JSON.parse(rest);
    return typeof subject === 'string' ? { limitName, subject } : undefined;
  } catch {
    return undefined;
  }
}

/** Any text, as text that UTF-8 carries. Different texts stay different. */
export function textOf(text: string): string {
  return text.isWellFormed() ? `:${text}` : `!${JSON.stringify(text)}`;
}
