import type { AccountEntry, KeyEntry } from '@purser/contracts';
import type { Caller } from '../authentication/caller.ts';
import { requestLimits } from '../limits/request-limits.ts';
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
    const known = { caller: this.#callerOf(key), expiresAtMs };
    this.#known.set(sha256, known);
    return known;
  }

  #callerOf(key: KeyEntry): Caller | undefined {
    // An account that is not known counts as disabled: its budgets and limits are not known either.
    const lineage = lineageOf(this.tables.account, key.accountId);
    if (key.disabled || lineage === undefined || lineage.some(({ disabled }) => disabled)) return undefined;
    return callerOf(key, lineage);
  }
}

function callerOf(key: KeyEntry, lineage: readonly AccountEntry[]): Caller {
  const { id, accountId, role, expiresAt, limits } = key;
  return Object.freeze({
    ...{ keyId: id, accountId, role, expiresAt },
    keyLimits: limits,
    limits: requestLimits(key, lineage),
  });
}
