import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { configurationChanged } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';
import { Acknowledgements } from './acknowledgements.ts';

describe('acknowledgements', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let budget: TestBudget;
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    budget = await startTestBudget({ databaseUrl: database.url, dataDir: folder.path });
  });
  afterAll(async () => {
    await budget?.stop();
    await Promise.all([database?.drop(), folder?.remove()]);
  });
  beforeEach(() => budget.database.query('DELETE FROM sessions'));

  const session = (version: number, state = 'live', unheardSeconds = 0) =>
    budget.database.query(
      `INSERT INTO sessions (id, gateway_id, state, config_version, last_seen_at)
        VALUES ($1, $1, $2, $3, clock_timestamp() - make_interval(secs => $4))`,
      [uuidv7(), state, version, unheardSeconds],
    );

  it('count for sessions that are live and were heard of lately', async () => {
    const acknowledgements = budget.app.get(Acknowledgements, { strict: false });
    expect(await acknowledgements.byAll()).toBe(Infinity);
    await session(1, 'fenced');
    await session(2, 'closed');
    await session(3, 'live', 6);
    expect(await acknowledgements.byAll()).toBe(Infinity);
    await session(9);
    await session(7);
    expect(await acknowledgements.byAll()).toBe(7);
  });

  it('are what a write waits for', async () => {
    await session(0);
    const order: string[] = [];
    const acknowledged = Promise.withResolvers<void>();
    const gateway = budget.broker.transport('gateway');
    gateway.serve(configurationChanged.subject, undefined, ({ body }) => {
      const { version } = JSON.parse(body) as { version: number };
      // A gateway has to read the configuration first; an answer that does not wait would overtake it.
      const inForce = budget.database
        .query('SELECT pg_sleep(0.1)')
        .then(() => order.push('in force'))
        .then(() => budget.database.query('UPDATE sessions SET config_version = $1', [version]));
      inForce.then(() => acknowledged.resolve(), acknowledged.reject);
    });
    await budget.account();
    order.push('answered');
    await acknowledged.promise;
    await gateway.close();
    expect(order).toEqual(['in force', 'answered']);
  });

  it('are not waited for without end: a gateway that hangs delays a write, no more', async () => {
    await session(0);
    const accounts = await Promise.all([budget.account(), budget.account()]);
    expect(accounts).toHaveLength(2);
  });
});
