import type { Operation } from '../openapi/operation.ts';
import { accountOperations } from './accounts.operations.ts';
import { budgetOperations } from './budgets.operations.ts';
import { cacheOperations } from './cache.operations.ts';
import { cached } from './describe-operation.ts';
import { domainOperations } from './domains.operations.ts';
import { keyOperations } from './keys.operations.ts';
import { leaseOperations } from './leases.operations.ts';
import { ledgerOperations } from './ledger.operations.ts';
import { metricOperations } from './metrics.operations.ts';
import { modelOperations } from './models.operations.ts';
import { objectiveOperations } from './objectives.operations.ts';
import { providerOperations } from './providers.operations.ts';
import { reportOperations } from './reports.operations.ts';
import { routeOperations } from './routes.operations.ts';
import { sourceOperations } from './sources.operations.ts';
import { trafficOperations } from './traffic.operations.ts';
import { usageOperations } from './usage.operations.ts';
import { webhookOperations } from './webhooks.operations.ts';
import { workEffortOperations } from './work-efforts.operations.ts';

/** Every operation of `/api/v1`: what a resource offers is said beside its controller, in `<resource>.operations.ts`. */
export function controlPlaneOperations(): readonly Operation[] {
  return [
    ...cached(accountOperations()),
    ...cached(keyOperations()),
    ...budgetOperations(),
    ...cached(providerOperations()),
    ...cached(modelOperations()),
    ...cached(routeOperations()),
    ...cached(sourceOperations()),
    ...webhookOperations(),
    ...ledgerOperations(),
    ...leaseOperations(),
    ...usageOperations(),
    ...cached(reportOperations()),
    ...cached(metricOperations()),
    ...cached(domainOperations()),
    ...cached(objectiveOperations()),
    ...cached(workEffortOperations()),
    ...cacheOperations(),
    ...trafficOperations(),
  ];
}
