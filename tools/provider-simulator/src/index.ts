export { FAULTS } from './faults.ts';
export type { Fault, FaultRule } from './faults.ts';
export type { LedgerEntry, LedgerTotals, LedgerView, Outcome } from './ledger.ts';
export type { Tokens } from './money.ts';
export { DEFAULT_SETTINGS, SettingsError } from './settings.ts';
export type { SimulatedModel, SimulatorSettings } from './settings.ts';
export { startSimulator } from './simulator.ts';
export type { Simulator, SimulatorOptions } from './simulator.ts';
