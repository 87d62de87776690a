export { testDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
export { waitUntil, type WaitOptions } from './wait-until.ts';
