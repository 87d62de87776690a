import { hash } from 'node:crypto';

/** Gives numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/** A 32-bit number that follows from the texts. */
export function seedFrom(...texts: readonly string[]): number {
  return hash('sha1', texts.join('\0'), 'buffer').readUInt32LE(0);
}

/** The mulberry32 generator: small, fast, and the same everywhere. Not for secrets. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `min` to `max`, both possible. */
export function integerFrom(random: Random, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

const WORDS = (
  'a account after all amount and are at balance before budget by cent change clear count day each entry every ' +
  'exact few for from give has hour if in is it key later lease ledger less limit long money month more must need ' +
  'never no not now of on one open or pay price rest row same see settle so take than that the then this time to ' +
  'token under until use was what when while will window with'
).split(' ');

/** The text of a simulated token: a word, with a space before it unless it is the first. */
export function tokenText(random: Random, index: number): string {
  const word = WORDS[Math.floor(random() * WORDS.length)]!;
  return index === 0 ? word : ` ${word}`;
}
