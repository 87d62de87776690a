import type { AccountEntry } from '@purser/contracts';
import { lineageOf } from './lineage.ts';

/** Each remembered subtree has as many ids as whoever asked wanted at most. */
const MAX_REMEMBERED = 100;

/** The accounts of one version as a tree, for those who see a part of it. No request of the data plane asks it. */
export class AccountTree {
  #childrenOf: ReadonlyMap<string | null, readonly AccountEntry[]> | undefined;
  readonly #subtrees = new Map<string, readonly string[] | undefined>();

  constructor(private readonly accounts: ReadonlyMap<string, AccountEntry>) {}

  /** The account above; null for a root, undefined where the account is not known. */
  parentOf(id: string): string | null | undefined {
    return this.accounts.get(id)?.parentId;
  }

  /** Whether the account is that one, or below it. */
  isWithin(id: string, top: string): boolean {
    return lineageOf(this.accounts, id)?.some((account) => account.id === top) ?? false;
  }

  /** The accounts right below one. */
  childrenOf(id: string): readonly string[] {
    return this.#children(id).map((account) => account.id);
  }

  /** The account and all below it; undefined where they are more than `atMost`, and they are not all counted then. */
  subtreeOf(top: string, atMost: number): readonly string[] | undefined {
    const key = `${top} ${atMost}`;
    if (!this.#subtrees.has(key)) {
      const oldest = this.#subtrees.size < MAX_REMEMBERED ? undefined : this.#subtrees.keys().next().value;
      if (oldest !== undefined) this.#subtrees.delete(oldest);
      this.#subtrees.set(key, this.#collect(top, atMost));
    }
    return this.#subtrees.get(key);
  }

  #collect(top: string, atMost: number): readonly string[] | undefined {
    if (!this.accounts.has(top)) return [];
    const found = [top];
    for (let next = 0; next < found.length; next += 1) {
      for (const { id } of this.#children(found[next] as string)) {
        if (found.length === atMost) return undefined;
        found.push(id);
      }
    }
    return Object.freeze(found);
  }

  #children(id: string): readonly AccountEntry[] {
    this.#childrenOf ??= Map.groupBy(this.accounts.values(), ({ parentId }) => parentId);
    return this.#childrenOf.get(id) ?? [];
  }
}
