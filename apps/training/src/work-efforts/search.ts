import { wordsOf } from '../items/words.ts';

/**
 * What `to_tsquery` takes for a text that somebody types: all of its words, the last also as the beginning of one. Null
 * where the text holds no word; then nothing is found.
 */
export function searchOf(text: string): string | null {
  const words = wordsOf(text).map((word) => `'${word}'`);
  return words.length === 0 ? null : `${words.join(' & ')}:*`;
}

/** The tsquery of the parameter `name`: the words as they are, or as the stems that English makes of them. */
export const tsquery = (name: string): string => `(to_tsquery('simple', ${name}) || to_tsquery('english', ${name}))`;
