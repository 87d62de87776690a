import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { spawnService, startOwnNats, startOwnPostgres, temporaryFolder } from '@purser/testing';
import type { OwnServer, Service } from '@purser/testing';
import { childEnvironment } from './environment.ts';
import { root } from './paths.ts';
import type { Stack } from './stack.ts';

export const appsWithDatabase = ['budget', 'reports', 'training'] as const;
export type AppWithDatabase = (typeof appsWithDatabase)[number];
export type App = AppWithDatabase | 'web-gateway';

/** The four services as processes, each with a PostgreSQL of its own, over a NATS of their own: all can be taken away. */
export interface OwnServices extends Pick<Stack, 'gateways' | 'adminKey'> {
  readonly databases: Readonly<Record<AppWithDatabase, OwnServer>>;
  readonly nats: OwnServer;
  /** Where the app answers its probes. */
  url(app: App): string;
  /** What of the processes that were started has ended, other than by `stopApp`. */
  ended(): readonly string[];
  stopApp(app: App): Promise<void>;
  startApp(app: App): Promise<void>;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 40_000;

export async function startOwnServices(): Promise<OwnServices> {
  const closers: (() => Promise<void>)[] = [];
  const kept = async (server: Promise<OwnServer>): Promise<OwnServer> => {
    const started = await server;
    closers.push(started.remove);
    return started;
  };
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const folder = await temporaryFolder();
    closers.push(folder.remove);
    const [nats, ...databases] = await Promise.all([
      kept(startOwnNats()),
      ...appsWithDatabase.map(() => kept(startOwnPostgres())),
    ]);
    const byApp = Object.fromEntries(appsWithDatabase.map((app, index) => [app, databases[index]!]));
    const processes = new Processes(folder.path, nats, byApp);
    closers.push(() => processes.stop());
    for (const app of [...appsWithDatabase, 'web-gateway'] as const) await processes.start(app);
    return {
      ...{ gateways: [processes.url('web-gateway')], adminKey: processes.adminKey, nats, stop },
      databases: byApp as OwnServices['databases'],
      url: (app) => processes.url(app),
      ended: () => processes.ended,
      stopApp: (app) => processes.end(app),
      startApp: (app) => processes.start(app),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

class Processes {
  readonly adminKey = `e2e-${randomBytes(24).toString('hex')}`;
  readonly ended: string[] = [];
  readonly #running = new Map<App, Service>();
  readonly #folder: string;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #databases: Readonly<Record<string, OwnServer>>;

  constructor(folder: string, nats: OwnServer, databases: Readonly<Record<string, OwnServer>>) {
    this.#folder = folder;
    this.#databases = databases;
    this.#variables = {
      ...{ NATS_URL: nats.url, PURSER_ADMIN_KEY: this.adminKey, PORT: '0' },
      PURSER_MASTER_KEY: randomBytes(32).toString('hex'),
    };
  }

  url(app: App): string {
    return this.#running.get(app)!.ready[1]!;
  }

  /** Resolves once the app is ready; at another port each time. */
  async start(app: App): Promise<void> {
    const database = this.#databases[app];
    const service = await spawnService({
      command: process.execPath,
      args: ['--enable-source-maps', join(root, `apps/${app}/dist/main.js`)],
      env: childEnvironment({
        ...this.#variables,
        ...(database ? { DATABASE_URL: database.url } : {}),
        PURSER_DATA_DIR: join(this.#folder, app),
      }),
      readyLine: /is ready on (http:\/\/\S+)$/,
      timeoutMs: READY_MS,
    });
    this.#running.set(app, service);
    void service.exited.then(({ code }) => {
      if (this.#running.get(app) === service) this.ended.push(`${app} with code ${code}: ${service.output()}`);
    });
  }

  async end(app: App): Promise<void> {
    const service = this.#running.get(app);
    this.#running.delete(app);
    await service?.stop('SIGTERM', STOP_MS);
  }

  /** The gateway first: it gives its money back to the budget service. */
  async stop(): Promise<void> {
    for (const app of [...this.#running.keys()].toReversed()) await this.end(app);
  }
}
