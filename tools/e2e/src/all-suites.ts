import type { Stack } from './stack/stack.ts';
import { badInput } from './suites/bad-input.ts';
import { budgetsUnderLoad } from './suites/budgets-under-load.ts';
import { cachedReads } from './suites/cached-reads.ts';
import { catalogue } from './suites/catalogue.ts';
import { chatCompletions } from './suites/chat-completions.ts';
import { controlPlane } from './suites/control-plane.ts';
import { crashesAndDrains } from './suites/crashes-and-drains.ts';
import { failingProvider } from './suites/failing-provider.ts';
import { fallback } from './suites/fallback.ts';
import { keptAnswers } from './suites/kept-answers.ts';
import { limits } from './suites/limits.ts';
import { openapi } from './suites/openapi.ts';
import { roles } from './suites/roles.ts';
import { reports } from './suites/reports.ts';
import { queries } from './suites/queries.ts';
import { secrecy } from './suites/secrecy.ts';
import { workEfforts } from './suites/work-efforts.ts';

/** What must hold however Purser is run. The last ones end its processes. */
export function allSuites(stack: () => Stack): void {
  chatCompletions(stack);
  controlPlane(stack);
  badInput(stack);
  openapi(stack);
  roles(stack);
  queries(stack);
  fallback(stack);
  failingProvider(stack);
  keptAnswers(stack);
  limits(stack);
  reports(stack);
  secrecy(stack);
  workEfforts(stack);
  catalogue(stack);
  cachedReads(stack);
  budgetsUnderLoad(stack);
  crashesAndDrains(stack);
}
