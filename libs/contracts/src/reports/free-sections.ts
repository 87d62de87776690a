import type { z } from 'zod';

/** The most bytes that one definition has as JSON: some of them have to fit one message. */
export const MAX_DEFINITION_BYTES = 65_536;
const MAX_SECTIONS = 50;
const MAX_DEPTH = 16;
const MAX_VALUES = 5_000;
const SECTION_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What answers add to a definition, or may add; no section is called so. */
const TAKEN: ReadonlySet<string> = new Set(['id', 'revision', 'createdAt', 'updatedAt', 'archivedAt', 'rank', 'value']);

/**
 * Holds an object with free sections to its bounds: what they are called, how much there is, and that PostgreSQL can keep
 * it as it was given (no NUL, no half of a surrogate pair, no whole number whose digits a double loses).
 *
 * @param known the fields that the schema itself has
 */
export function sectionsWithin(known: ReadonlySet<string>) {
  return (value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void => {
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    const names = Object.keys(value).filter((name) => !known.has(name));
    if (names.length > MAX_SECTIONS) refuse([], `must have at most ${MAX_SECTIONS} sections of its own`);
    for (const name of names) {
      if (TAKEN.has(name)) refuse([name], 'is no field of a definition, and no section can be called so');
      else if (!SECTION_NAME.test(name)) {
        refuse([name], 'is called what no section can be: 1 to 64 of A-Z a-z 0-9 _ -, a letter first');
      }
    }
    const found = firstFault(value);
    if (found) refuse(found.path, found.message);
    else if (Buffer.byteLength(JSON.stringify(value)) > MAX_DEFINITION_BYTES) {
      refuse([], `must have at most ${MAX_DEFINITION_BYTES} bytes as JSON`);
    }
  };
}

interface Fault {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** Walks the value, as far as its bounds go. */
function firstFault(value: object): Fault | undefined {
  let values = 0;
  const visit = (at: unknown, path: PropertyKey[]): Fault | undefined => {
    if (++values > MAX_VALUES) return { path: [], message: `must hold at most ${MAX_VALUES} values in all` };
    if (typeof at === 'string') return isKept(at) ? undefined : { path, message: NOT_KEPT };
    if (typeof at === 'number') return isExact(at) ? undefined : { path, message: NOT_EXACT };
    if (typeof at !== 'object' || at === null) return undefined;
    if (path.length >= MAX_DEPTH) return { path, message: `must be nested at most ${MAX_DEPTH} deep` };
    for (const [name, inner] of Array.isArray(at) ? at.entries() : Object.entries(at)) {
      const deeper = [...path, name];
      if (typeof name === 'string' && !isKept(name)) return { path, message: NOT_KEPT };
      const fault = visit(inner, deeper);
      if (fault) return fault;
    }
    return undefined;
  };
  return visit(value, []);
}

const NOT_KEPT = 'must not hold the character NUL, nor half of a surrogate pair';

const NOT_EXACT =
  `must be a number that keeps its digits in JSON: a whole one from -${Number.MAX_SAFE_INTEGER} to ` +
  `${Number.MAX_SAFE_INTEGER}, or a fraction; give a larger one as a string`;

/** Not whole numbers of whom several read the same: which of them was given can't be told any more. */
function isExact(number: number): boolean {
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}

function isKept(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
