import type { MigrationClass } from '@purser/database';
import { Money1763600000001 } from '../leases/money.migration.ts';
import { AccountsAndProviders1763600000000 } from './0-accounts-and-providers.ts';
import { IdempotencyAnswers1764280000000 } from './2-idempotency-answers.ts';
import { RouteAnswerCache1764290000000 } from './3-route-answer-cache.ts';
import { TrafficLimits1764300000000 } from './4-traffic-limits.ts';

/** The steps of the schema `budget`, in order. */
export const migrations: readonly MigrationClass[] = [
  AccountsAndProviders1763600000000,
  Money1763600000001,
  IdempotencyAnswers1764280000000,
  RouteAnswerCache1764290000000,
  TrafficLimits1764300000000,
];
