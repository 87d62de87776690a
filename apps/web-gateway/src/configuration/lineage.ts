import type { AccountEntry } from '@purser/contracts';

/** Far more than anybody nests accounts; ends the walk should a cycle ever get past the budget service. */
const MAX_DEPTH = 1_000;

/** The account and its ancestors up to the root; undefined where one of them is not known. */
export function lineageOf(
  accounts: ReadonlyMap<string, AccountEntry>,
  id: string,
): readonly AccountEntry[] | undefined {
  const lineage: AccountEntry[] = [];
  for (let next: string | null = id; next !== null;) {
    const account: AccountEntry | undefined = accounts.get(next);
    if (account === undefined || lineage.length === MAX_DEPTH) return undefined;
    lineage.push(account);
    next = account.parentId;
  }
  return lineage;
}
