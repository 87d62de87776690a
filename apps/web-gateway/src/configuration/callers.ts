import type { KeyEntry } from '@purser/contracts';
import type { Caller } from '../authentication/caller.ts';
import { lineageOf } from './lineage.ts';
import type { Tables } from './tables.ts';

/** The keys by their hash. */
export class Callers {
  readonly #keys = new Map<string, KeyEntry>();
  /** What was found out about keys that exist, so that an attacker's guesses take no memory. */
  readonly #known = new Map<string, { readonly caller: Caller | undefined; readonly expiresAtMs: number }>();

  constructor(private readonly tables: Pick<Tables, 'key' | 'account'>) {
    for (const key of tables.key.values()) this.#keys.set(key.sha256, key);
  }

  callerOf(sha256: string): Caller | undefined {
    const known = this.#known.get(sha256) ?? this.#findOut(sha256);
    if (known === undefined || known.expiresAtMs <= Date.now()) return undefined;
    return known.caller;
  }

  #findOut(sha256: string) {
    const key = this.#keys.get(sha256);
    if (key === undefined) return undefined;
    const expiresAtMs = key.expiresAt === null ? Infinity : Date.parse(key.expiresAt);
    const known = { caller: this.#usable(key) ? callerOf(key) : undefined, expiresAtMs };
    this.#known.set(sha256, known);
    return known;
  }

  #usable(key: KeyEntry): boolean {
    // An account that is not known counts as disabled: its budgets are not known either.
    const lineage = lineageOf(this.tables.account, key.accountId);
    return !key.disabled && lineage !== undefined && lineage.every(({ disabled }) => !disabled);
  }
}

function callerOf({ id, accountId, role, expiresAt }: KeyEntry): Caller {
  return Object.freeze({ keyId: id, accountId, role, expiresAt });
}
