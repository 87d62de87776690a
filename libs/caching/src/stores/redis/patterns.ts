import type { Invalidation } from '../../core/invalidation.ts';
import { matcherOf, type Matcher } from '../../core/pattern.ts';
import { fromBytes } from './names.ts';

export type PatternInvalidation = Extract<Invalidation, { kind: 'prefix' | 'pattern' }>;

/** A prefix or a pattern as Redis remembers it, beside the keys that it may match. */
export function textOf(invalidation: PatternInvalidation): string {
  return invalidation.kind === 'prefix' ? `=${invalidation.prefix}` : `~${invalidation.pattern}`;
}

/** The matcher of what {@link textOf} gave. */
export function matcherOfText(text: string): Matcher {
  const what = fromBytes(text.slice(1));
  return text.startsWith('=') ? prefixMatcher(what) : matcherOf(what);
}

export function matcherFor(invalidation: PatternInvalidation): Matcher {
  return invalidation.kind === 'prefix' ? prefixMatcher(invalidation.prefix) : matcherOf(invalidation.pattern);
}

function prefixMatcher(prefix: string): Matcher {
  return { prefix, matches: (key) => key.startsWith(prefix) };
}
