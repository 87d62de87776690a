export { reportsConfig, type ReportsConfig } from './reports.config.ts';
export { REPORTS_SERVICE, ReportsModule, type ReportsModuleOptions } from './reports.module.ts';
export { startReports, type StartReportsOptions } from './start.ts';
