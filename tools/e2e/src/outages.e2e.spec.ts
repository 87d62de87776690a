import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { describeWith, findProgram, waitUntil } from '@purser/testing';
import { appsWithDatabase, startOwnServices, type App, type OwnServices } from './stack/own-services.ts';
import { Api } from './tenant/api.ts';
import { Tenant } from './tenant/tenant.ts';

jest.setTimeout(120_000);

/** For something to fall or to come back: checks run once a second, reconnects are tried twice a second. */
const NOTICE_MS = 30_000;

const own = {
  name: 'nats-server',
  install: 'apt-get install nats-server',
  available: () => findProgram('nats-server') !== undefined,
  start: startOwnServices,
};

describeWith<OwnServices>(own, 'while something that the services need is away', (start) => {
  let stack: OwnServices;
  let tenant: Tenant;
  let admin: Api;
  beforeAll(async () => {
    stack = await start();
    admin = new Api(stack.gateways[0]!, stack.adminKey);
    tenant = await Tenant.create(stack, { limitUsd: '1.00' });
  });
  afterAll(() => tenant?.close());

  const all: readonly App[] = [...appsWithDatabase, 'web-gateway'];
  const probe = (app: App, name: string) => new Api(stack.url(app), '').get(`/health/${name}`);

  /** Waits until the app is not ready for want of `missing`; it lives all the same. */
  async function falls(app: App, missing: string): Promise<void> {
    await waitUntil(
      async () => {
        const { status, body, text } = await probe(app, 'ready');
        if (status === 503 && body.error?.[missing]?.status === 'down') return true;
        throw new Error(`${status}: ${text}`);
      },
      { timeoutMs: NOTICE_MS, everyMs: 50, what: `${app} misses ${missing}` },
    );
    expect([await probe(app, 'live'), await probe(app, 'startup')]).toMatchObject([{ status: 200 }, { status: 200 }]);
  }

  /** Waits until all are ready again, each as the process that it was. */
  async function comeBack(): Promise<void> {
    for (const app of all) {
      const ready = async () => {
        const { status, text } = await probe(app, 'ready');
        if (status === 200) return true;
        throw new Error(`${status}: ${text}`);
      };
      await waitUntil(ready, { timeoutMs: NOTICE_MS, everyMs: 50, what: `${app} is ready again` });
    }
    expect(stack.ended()).toEqual([]);
  }

  async function othersStay(app: App): Promise<void> {
    const others = appsWithDatabase.filter((other) => other !== app);
    for (const other of others) expect(await probe(other, 'ready')).toMatchObject({ status: 200 });
  }

  const chat = async () => {
    const messages = [{ role: 'user' as const, content: 'Hello [[tokens:5]]' }];
    return tenant
      .client({ maxRetries: 0 })
      .chat.completions.create({ model: tenant.model(), messages, max_tokens: 20 });
  };

  /** A completion is paid for and its usage arrives: through every service but training, and over every connection. */
  async function works(): Promise<void> {
    await chat();
    await tenant.usageAddingUpTo(tenant.billed(), NOTICE_MS);
    await tenant.settledWindow(NOTICE_MS);
    await admin.create('accounts', { name: randomUUID() });
    expect((await admin.read('work-efforts')).data).toEqual([]);
  }

  it('all of them are ready and work', async () => {
    await comeBack();
    await works();
  });

  it.each(['budget', 'training'] as const)(
    '%s alone is not ready without its database, and goes on with it by itself',
    async (app) => {
      await stack.databases[app].stop();
      await falls(app, 'database');
      await othersStay(app);
      await stack.databases[app].start();
      await comeBack();
      await works();
    },
  );

  it('reports alone is not ready without its database, and goes on with what was settled meanwhile', async () => {
    await stack.databases.reports.stop();
    await falls('reports', 'database');
    await othersStay('reports');
    await chat();
    await tenant.settledWindow(NOTICE_MS);
    expect(await admin.get('/api/v1/usage')).toMatchObject({ status: 503 });
    await stack.databases.reports.start();
    await tenant.usageAddingUpTo(tenant.billed(), NOTICE_MS);
    await comeBack();
  });

  it('none is ready without the broker, and all go on with it by themselves', async () => {
    await stack.nats.stop();
    for (const app of appsWithDatabase) await falls(app, 'messages');
    await falls('web-gateway', 'spending');
    await stack.nats.start();
    await comeBack();
    await works();
  });

  it('the gateway is not ready without the budget service, and goes on with its next process', async () => {
    await stack.stopApp('budget');
    await falls('web-gateway', 'spending');
    await stack.startApp('budget');
    await comeBack();
    await works();
  });

  it('what clients had begun is settled when both have come back', async () => {
    const begun = Promise.allSettled(Array.from({ length: 8 }, chat));
    const everything = [stack.nats, ...appsWithDatabase.map((app) => stack.databases[app])];
    await Promise.all(everything.map((server) => server.stop()));
    for (const app of appsWithDatabase) await falls(app, 'messages');
    await begun;
    await Promise.all(everything.map((server) => server.start()));
    await comeBack();
    await works();
  });
});
