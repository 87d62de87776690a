import type { MigrationClass } from '@purser/database';
import { Money1763600000001 } from '../leases/money.migration.ts';
import { AccountsAndProviders1763600000000 } from './0-accounts-and-providers.ts';

/** The steps of the schema `budget`, in order. */
export const migrations: readonly MigrationClass[] = [AccountsAndProviders1763600000000, Money1763600000001];
