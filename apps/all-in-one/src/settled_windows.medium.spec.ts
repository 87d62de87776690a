import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startBudget, budgetConfig } from '@purser/budget';
import { loadConfig } from '@purser/config';
import {
  accounts,
  budgets,
  hello,
  lease,
  settle,
  sumUsage,
  type UsageRecord,
  type WindowKind,
} from '@purser/contracts';
import { Database } from '@purser/database';
import type { RunningService } from '@purser/health';
import { InProcessBroker, MessageClient, type MessageTransport, type OutgoingEvent } from '@purser/messaging';
import { reportsConfig, startReports } from '@purser/reports';
import { finishedAttempt, temporaryFolder, testDatabase, waitUntil, type TestDatabase } from '@purser/testing';

/** Numbers from 0 to below 1 that are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * A bus that keeps what it is given, as a broker does, and hands it on late, up to three times, in any order, several at
 * once.
 */
class UnrulyBus {
  readonly #inner: MessageTransport;
  readonly #random: () => number;
  readonly #held: OutgoingEvent[] = [];
  readonly #deliveries: Promise<void>[] = [];
  /** Handed on so far, repeats included, and given. */
  delivered = 0;
  given = 0;

  constructor(inner: MessageTransport, random: () => number) {
    this.#inner = inner;
    this.#random = random;
  }

  /** The transport, but for its events. */
  get transport(): MessageTransport {
    const publishEvents = async (events: readonly OutgoingEvent[]): Promise<void> => this.#take(events);
    return new Proxy(this.#inner, {
      get: (inner, name) => {
        if (name === 'publishEvents') return publishEvents;
        const value: unknown = Reflect.get(inner, name, inner);
        return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
      },
    });
  }

  /** Hands all on that is held. */
  async deliverAll(): Promise<void> {
    while (this.#held.length > 0) this.#deliverOne();
    await Promise.all(this.#deliveries.splice(0));
  }

  #take(events: readonly OutgoingEvent[]): void {
    for (const event of events) {
      this.given += 1;
      const copies = 1 + Math.floor(this.#random() * 3);
      for (let n = 0; n < copies; n += 1) this.#held.push(event);
      // What is not picked now may wait to the very end.
      if (this.#random() < 0.4) this.#deliverOne();
    }
  }

  #deliverOne(): void {
    const [event] = this.#held.splice(Math.floor(this.#random() * this.#held.length), 1);
    this.delivered += 1;
    this.#deliveries.push(this.#inner.publishEvents([event!]));
  }
}

let own: TestDatabase;
let open: (() => Promise<unknown>)[];
beforeEach(async () => {
  open = [];
  own = await testDatabase();
  open.push(() => own.drop());
});
afterEach(async () => {
  for (const close of open.reverse()) await close();
});

const ends = (service: RunningService): RunningService => {
  open.push(() => service.drain());
  return service;
};

it("each window's settled amount is what its usage rows cost, with events late, twice and out of order", async () => {
  const random = seeded(20_261_127);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const folder = await temporaryFolder();
  open.push(() => folder.remove());
  const broker = new InProcessBroker({ consumers: ['reports'] });
  const variables = { DATABASE_URL: own.url, PURSER_DATA_DIR: join(folder.path, 'data') };

  // Two replicas take the events in, in turns.
  for (const _ of [1, 2]) {
    const config = loadConfig(reportsConfig, variables);
    ends(await startReports({ config, transport: broker.transport('reports') }));
  }
  const bus = new UnrulyBus(broker.transport('budget'), random);
  const config = loadConfig(budgetConfig, { ...variables, PURSER_MASTER_KEY: 'm'.repeat(40) });
  const budget = ends(await startBudget({ config, transport: bus.transport }));
  // Before the services stop, for one that has stopped takes nothing in.
  open.push(() => bus.deliverAll());

  const transport = broker.transport('web-gateway');
  await transport.connect();
  open.push(() => transport.close());
  const client = new MessageClient(transport);
  const actor = { keyId: randomUUID(), accountId: randomUUID() };
  const newAccount = async (parentId: string | null) =>
    (await client.request(accounts.create, { input: { name: 'acme', parentId }, actor })).id;
  const newBudget = async (accountId: string, window: WindowKind, hard: boolean) =>
    (await client.request(budgets.create, { input: { accountId, limitUsd: '1000000', window, hard }, actor })).id;

  const root = await newAccount(null);
  const shared = await newBudget(root, 'total', true);
  const teams: { accountId: string; budgetIds: string[] }[] = [];
  for (const windows of [['hour', 'day'], ['week'], ['month', 'total'], []] as WindowKind[][]) {
    const accountId = await newAccount(root);
    const budgetIds = [shared];
    for (const window of windows) budgetIds.push(await newBudget(accountId, window, window !== 'week'));
    teams.push({ accountId, budgetIds });
  }

  const session = randomUUID();
  await client.request(hello, { gatewayId: randomUUID(), session, trusted: true });
  const all = [...new Set(teams.flatMap(({ budgetIds }) => budgetIds))];
  const need = {
    id: 'n',
    amount: String(10n ** 15n),
    budgets: all,
    waitedMs: 0,
    maxWaitMs: 0,
    extra: all.map(() => '0'),
  };
  const granted = await client.request(lease, {
    session,
    seq: 1,
    needs: [need],
    returns: [],
    configVersion: 1_000_000,
  });
  if ('fenced' in granted) throw new Error('the session is fenced');
  const leaseOf = new Map(granted.leases.map((each) => [each.budget, each]));
  expect(leaseOf.size).toBe(all.length);

  const expected = new Map<string, bigint>();
  const attempt = (): UsageRecord => {
    const { accountId, budgetIds } = pick(teams);
    const leases = budgetIds.map((id) => leaseOf.get(id)!);
    const bound = BigInt(1 + Math.floor(random() * 1e9));
    // Estimated, measured within the bound, nothing, or above it.
    const kind = pick(['estimated', 'measured', 'measured', 'free', 'overrun'] as const);
    const cost = { estimated: bound, measured: bound / 3n, free: 0n, overrun: bound * 2n + 1n }[kind];
    for (const { window } of leases) expected.set(window, (expected.get(window) ?? 0n) + cost);
    return finishedAttempt({
      ...{
        usageId: randomUUID(),
        accountId,
        bound: String(bound),
        cost: String(cost),
        leases: leases.map(({ id }) => id),
      },
      ...{ estimated: kind === 'estimated', reason: kind === 'estimated' ? 'cut' : 'ok', model: pick(['a', 'b']) },
      at: new Date(Date.now() - Math.floor(random() * 3 * 86_400_000)).toISOString(),
    });
  };
  const batches = Array.from({ length: 60 }, () => Array.from({ length: 1 + Math.floor(random() * 12) }, attempt));
  // A gateway repeats a batch that it has no answer to.
  const sent = [...batches, ...batches.filter((_, n) => n % 7 === 0)];
  for (const records of sent) await client.request(settle, { session, records });

  const database = budget.app.get(Database, { strict: false });
  const inOutbox = async () => Number((await database.query('SELECT count(*) FROM budget.outbox'))[0]!['count']);
  await waitUntil(async () => (await inOutbox()) === 0, { timeoutMs: 20_000, what: 'the outbox is empty' });
  expect(bus.given).toBe(batches.length);
  const handedOnLate = batches.length - bus.delivered;
  expect(handedOnLate).toBeGreaterThan(0);
  await bus.deliverAll();
  expect(bus.delivered).toBeGreaterThan(batches.length);

  const settled = await database.query<{ id: string; nanos: string }>(
    'SELECT id, settled_nanos AS nanos FROM budget.windows WHERE settled_nanos <> 0 ORDER BY id',
  );
  const used = await database.query<{ id: string; nanos: string }>(
    `SELECT paid AS id, sum(cost_nanos)::text AS nanos FROM reports.usage_events CROSS JOIN unnest(windows) AS paid
     GROUP BY paid ORDER BY paid`,
  );
  expect(settled).toHaveLength(all.length);
  expect(used).toEqual(settled);
  expect(new Map(used.map(({ id, nanos }) => [id, BigInt(nanos)]))).toEqual(expected);

  // The window at the root is that of every record, so the rollups have to add up to it as well.
  const records = batches.flat();
  const total = String(records.reduce((sum, { cost }) => sum + BigInt(cost), 0n));
  expect(
    await database.query(
      'SELECT grain, sum(cost_nanos) AS nanos, sum(requests) AS requests FROM reports.usage_rollups GROUP BY grain ORDER BY grain',
    ),
  ).toEqual(['day', 'hour'].map((grain) => ({ grain, nanos: total, requests: String(records.length) })));
  expect(expected.get(leaseOf.get(shared)!.window)).toBe(BigInt(total));
  const span = {
    from: new Date(Date.now() - 4 * 86_400_000).toISOString(),
    to: new Date(Date.now() + 1).toISOString(),
  };
  const { data } = await client.request(sumUsage, { ...span, interval: 'day', groupBy: 'account' });
  for (const { accountId } of teams) {
    const own = records.filter((record) => record.accountId === accountId);
    const told = data.filter(({ account }) => account === accountId);
    expect(told.reduce((sum, { requests }) => sum + requests, 0)).toBe(own.length);
  }
});
