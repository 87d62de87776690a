import { invalidField } from '@purser/errors';

/**
 * Refuses names that differ from one that is read here in case alone. Providers whose JSON reader ignores case would take
 * `Max_Tokens` for `max_tokens`, while the bound was computed without it.
 *
 * @param path of `value`, to name the field by; empty for the body itself
 * @param known the names that are read
 * @throws DomainError `invalid_request`
 */
export function refuseLookalikes(value: object, path: string, known: LookedNames): void {
  for (const name in value) {
    if (known.names.has(name)) continue;
    if (name === '__proto__') throw invalidField(join(path, name), 'is not allowed as a name');
    const meant = known.byFold.get(fold(name));
    if (meant !== undefined) throw invalidField(join(path, name), `must be written ${meant}`);
  }
}

/** Names, and each by what readers that ignore case make of it. */
export interface LookedNames {
  readonly names: ReadonlySet<string>;
  readonly byFold: ReadonlyMap<string, string>;
}

export function lookedNames(names: Iterable<string>): LookedNames {
  const set = new Set(names);
  return { names: set, byFold: new Map([...set].map((name) => [fold(name), name])) };
}

/** Both ways, since some letters outside ASCII have a counterpart in it in one direction only (U+017F, U+212A). */
function fold(name: string): string {
  return name.toLowerCase().toUpperCase();
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
