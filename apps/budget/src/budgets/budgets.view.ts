import type { Budget } from '@purser/contracts';
import { storedFields } from '@purser/database';
import { formatUsd } from '@purser/money';
import type { BudgetEntity } from './budget.entity.ts';

/** A budget as it is shown, with its current window. */
export function toBudget(row: BudgetEntity, current: Budget['current']): Budget {
  const { accountId, windowKind, timeZone, hard, disabled } = row;
  return {
    ...storedFields(row),
    ...{ accountId, window: windowKind, timeZone, hard, disabled },
    limitUsd: formatUsd(row.limitNanos),
    filter: filterOf(row),
    current,
  };
}

/** The filter without the parts that are not set. */
export function filterOf({ filterProviderId, filterModelId }: BudgetEntity): Budget['filter'] {
  return {
    ...(filterProviderId !== null && { providerId: filterProviderId }),
    ...(filterModelId !== null && { modelId: filterModelId }),
  };
}
