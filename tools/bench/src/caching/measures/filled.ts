import type { Contestant, Make, OpenCache, Place } from '../contestant.ts';

/** So many are asked for at a time. */
const AT_A_TIME = 64;
/** What some keep of tags needs room beside the entries. */
const ROOM_TO_SPARE = 2;
const MAX_PASSES = 20;

/** A cache for so many entries. */
export function openFor(
  contestant: Contestant,
  entries: number,
  { place = { kind: 'memory' }, tagged = false }: { readonly place?: Place; readonly tagged?: boolean } = {},
): Promise<OpenCache> {
  return contestant({ place, room: entries * ROOM_TO_SPARE, tagged });
}

/** Has a cache load all keys. @throws Error where it does not keep them */
export async function fill(
  cache: OpenCache,
  keys: readonly string[],
  tags: (key: string) => readonly string[],
  make: Make,
): Promise<void> {
  let missing = keys;
  for (let pass = 0; missing.length > 0; pass++) {
    if (pass === MAX_PASSES) throw new Error(`${missing.length} of ${keys.length} keys are not kept`);
    await inTurns(missing, (key) => cache.read(key, make, tags(key)));
    const found = await inTurns(missing, (key) => cache.get(key));
    // Some write behind the caller's back, and leave out what they can't keep up with.
    missing = missing.filter((_key, index) => found[index] === undefined || found[index] === null);
  }
}

async function inTurns<T>(keys: readonly string[], call: (key: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < keys.length; at += AT_A_TIME) {
    results.push(...(await Promise.all(keys.slice(at, at + AT_A_TIME).map(call))));
  }
  return results;
}
