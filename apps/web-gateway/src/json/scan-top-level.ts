import { invalidField } from '@purser/errors';
import { givenTwice, notJson, tooDeep } from './not-json.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isEscaped,
  isName,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  spaceStart,
  stringAt,
  stringEnd,
  type ByteRange,
} from './tokens.ts';

export type { ByteRange } from './tokens.ts';

/** Where things stand in the bytes of a JSON object. Only meaningful for a body that `JSON.parse` accepts too. */
export interface TopLevelScan {
  /** The values of those fields that were looked for and are there, without the white space around them. */
  readonly fields: ReadonlyMap<string, ByteRange>;
  /** The fields that were looked for. */
  readonly looked: ReadonlySet<string>;
  /** The names at any depth that are written with escapes. */
  readonly escapedNames: readonly ByteRange[];
  /** The object's closing brace. */
  readonly close: number;
  /** Whether the object has no field at all. */
  readonly empty: boolean;
  /** How deep arrays and objects are nested; 1 for a flat object. */
  readonly depth: number;
}

/**
 * Finds the values of some top-level fields of a JSON object in one pass, so that they can be replaced without
 * serialising the rest again. Runs before `JSON.parse`: it bounds the depth that the parser meets, and it terminates on
 * any bytes; whether they are JSON is for the parser to say.
 *
 * @param looked the fields' names, in ASCII; a name that the body writes with escapes is recognised too
 * @throws DomainError `invalid_request` where the body is not an object, ends early, nests deeper than `maxDepth`, or
 *   holds a field of `looked` twice
 */
export function scanTopLevel(body: Buffer, looked: ReadonlySet<string>, maxDepth: number): TopLevelScan {
  const fields = new Map<string, ByteRange>();
  const escapedNames: ByteRange[] = [];
  const open = skipSpace(body, 0);
  if (body[open] !== OPEN_BRACE) throw notAnObject(body, open);
  let position = open + 1;
  let depth = 1;
  let deepest = 1;
  // The field whose value runs, if it is one of those that are looked for.
  let name: string | undefined;
  let start = -1;
  while (position < body.length) {
    const byte = body[position]!;
    if (byte === QUOTE) {
      const end = stringEnd(body, position);
      if (isName(body, end)) {
        const escaped = isEscaped(body, position, end);
        if (escaped) escapedNames.push({ start: position, end });
        if (depth === 1) {
          name = escaped ? stringAt(body, position, end) : body.toString('latin1', position + 1, end - 1);
          if (!looked.has(name)) name = undefined;
          else if (fields.has(name)) throw givenTwice(name);
        }
      }
      position = end;
      continue;
    }
    if (byte === COLON) {
      if (depth === 1) start = skipSpace(body, position + 1);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > maxDepth) throw tooDeep(maxDepth);
      if (depth > deepest) deepest = depth;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COMMA) {
      if (depth === 1 && name !== undefined) {
        fields.set(name, { start, end: spaceStart(body, position) });
        name = undefined;
      }
      if (byte !== COMMA && --depth === 0) {
        const empty = skipSpace(body, open + 1) === position;
        return { fields, looked, escapedNames, close: position, empty, depth: deepest };
      }
    }
    position++;
  }
  throw notJson();
}

function notAnObject(body: Buffer, position: number) {
  return position === body.length
    ? invalidField('body', 'must not be empty')
    : invalidField('body', 'must be an object');
}
