export {
  MAX_USD_NANOS,
  MoneyFormatError,
  NANOS_PER_USD,
  formatNanos,
  formatUsd,
  parseNanos,
  parseUsd,
} from './amounts.ts';
export type { Nanos, ParseUsdOptions } from './amounts.ts';
export { costNanos } from './cost.ts';
export type { CostComponent } from './cost.ts';
export { isTimeZone } from './time-zone.ts';
export { WINDOW_KINDS, windowAt } from './windows.ts';
export type { BudgetWindow, WindowKind } from './windows.ts';
