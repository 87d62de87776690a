import { Any } from 'typeorm';

/**
 * The condition of a list on its column of account ids: those that the asker may see, and among them the one asked for.
 * Undefined is no condition.
 */
export function visibleAccounts(visibleTo: readonly string[] | undefined, accountId?: string) {
  if (visibleTo === undefined) return accountId;
  // One parameter, however many they are.
  return Any(accountId === undefined ? visibleTo : visibleTo.filter((id) => id === accountId));
}
