export { BootstrapService, type BootstrapReport } from './bootstrap/bootstrap.service.ts';
export { SimulatorProvider } from './bootstrap/simulator-provider.ts';
export { budgetConfig, type BudgetConfig } from './budget.config.ts';
export { BUDGET_SERVICE, BudgetModule, type BudgetModuleOptions } from './budget.module.ts';
export { startBudget, type StartBudgetOptions } from './start.ts';
