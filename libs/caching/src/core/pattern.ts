/** A pattern, ready to be held against keys. */
export interface Matcher {
  /** What every key that matches begins with: what an index can look for. May be empty. */
  readonly prefix: string;
  /** Whether the whole key matches. Takes at most as many steps as the key's length times the pattern's. */
  matches(key: string): boolean;
}

/** One code point to be there as it is; `undefined`: any one. */
type Place = string | undefined;

/**
 * Reads a pattern: `*` stands for any characters, none included, `?` for one (a code point), and `\` takes the next character
 * literally, at the end itself. There is no bad pattern.
 */
export function matcherOf(pattern: string): Matcher {
  const [first = [], ...rest] = segmentsOf(pattern);
  const last = rest.pop();
  const prefix = first.slice(0, first.includes(undefined) ? first.indexOf(undefined) : first.length).join('');
  return { prefix, matches: (key) => key.startsWith(prefix) && isMatch([...key], first, rest, last) };
}

/** What stands between the stars. */
function segmentsOf(pattern: string): Place[][] {
  const segments: Place[][] = [[]];
  const points = [...pattern];
  for (let at = 0; at < points.length; at += 1) {
    const point = points[at]!;
    if (point === '*') segments.push([]);
    else if (point === '?') segments.at(-1)!.push(undefined);
    else if (point === '\\' && at + 1 < points.length) segments.at(-1)!.push(points[(at += 1)]);
    else segments.at(-1)!.push(point);
  }
  return segments;
}

/**
 * The first segment stands at the start and the last at the end. Each one between may be taken where it is found first: what a
 * later place would leave to the others, an earlier one leaves too. So nothing is ever tried again.
 */
function isMatch(key: readonly string[], first: Place[], between: Place[][], last: Place[] | undefined): boolean {
  if (last === undefined) return key.length === first.length && standsAt(key, 0, first);
  const end = key.length - last.length;
  if (end < first.length || !standsAt(key, 0, first) || !standsAt(key, end, last)) return false;
  let at = first.length;
  for (const segment of between) {
    while (at + segment.length <= end && !standsAt(key, at, segment)) at += 1;
    if (at + segment.length > end) return false;
    at += segment.length;
  }
  return true;
}

function standsAt(key: readonly string[], at: number, segment: readonly Place[]): boolean {
  return segment.every((place, index) => place === undefined || place === key[at + index]);
}
