import { z } from 'zod';

/** Whether more of something is better. */
export type BetterDirection = 'higher' | 'lower';

/** The words that catalogues say it in, and what each of them means. */
const MEANINGS = {
  higher: 'higher',
  increase: 'higher',
  up: 'higher',
  maximize: 'higher',
  lower: 'lower',
  decrease: 'lower',
  down: 'lower',
  minimize: 'lower',
} as const satisfies Readonly<Record<string, BetterDirection>>;
export type ExpectedDirection = keyof typeof MEANINGS;

const WORDS = Object.keys(MEANINGS) as ExpectedDirection[];
const wordsOf = (meaning: BetterDirection): string => WORDS.filter((word) => MEANINGS[word] === meaning).join(', ');

/** Whether more is better, in one of the words for it; kept as given. */
export const expectedDirection = z.enum(WORDS, {
  error: `must be one of ${wordsOf('higher')} (more is better) or ${wordsOf('lower')} (less is better)`,
});

/** What a word for a direction means. */
export function betterDirection(word: ExpectedDirection): BetterDirection {
  return MEANINGS[word];
}
