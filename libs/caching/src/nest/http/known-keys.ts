import { answerKey, shownKey, type AnswerKeyParts } from './answer-key.ts';
import type { Exchange } from './exchange.ts';

/** The key of an answer, and what `X-Cache-Key` shows of it. */
export interface KnownKey {
  readonly text: string;
  readonly shown: string;
}

/** What callers vary at will must not fill memory. */
const MAX_KEYS = 2_000;
const MAX_CHARACTERS = 1_000;
/** What no header has in it. */
const ABSENT = '\0';

/** Makes keys, and remembers those that are asked for again and again: their digests would cost more than the rest of a hit. */
export class KnownKeys {
  readonly #keys = new Map<string, KnownKey>();

  /**
   * @param route another for each
   * @param parts `what` may be anything that tells what `whatOf` makes of it
   */
  of(route: number, exchange: Exchange, parts: AnswerKeyParts, whatOf: (what: string) => string): KnownKey {
    const asked = askedFor(route, exchange, parts);
    const known = this.#keys.get(asked);
    if (known !== undefined) return known;
    const text = answerKey(exchange, { ...parts, what: whatOf(parts.what) });
    const made = { text, shown: shownKey(text) };
    if (asked.length > MAX_CHARACTERS) return made;
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(asked, made);
    return made;
  }
}

/** All that the key depends on. A route always has the same number of headers, which have no line ends; its caller is the rest. */
function askedFor(route: number, exchange: Exchange, { what, caller, vary }: AnswerKeyParts): string {
  let asked = `${route} ${what.length} ${what}${exchange.header('host') ?? ABSENT}\n`;
  for (const name of vary) asked += `${exchange.header(name) ?? ABSENT}\n`;
  return caller === undefined ? asked : asked + caller;
}
