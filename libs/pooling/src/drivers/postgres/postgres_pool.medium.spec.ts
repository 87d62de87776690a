import { afterAll, beforeAll } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { describePool } from '../../testing/index.ts';
import { PostgresPool } from './index.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test?.drop());

describePool('PostgreSQL', (options) => new PostgresPool({ connectionString: test.url, min: 0, ...options }));
