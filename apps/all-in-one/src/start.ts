import { join } from 'node:path';
import { BUDGET_SERVICE, BootstrapService, startBudget, type BootstrapReport } from '@purser/budget';
import { ConfigError } from '@purser/config';
import type { ProcessScope, RunningService } from '@purser/health';
import { InProcessBroker, natsTransport, type MessageTransport } from '@purser/messaging';
import { REPORTS_SERVICE, startReports } from '@purser/reports';
import { TRAINING_SERVICE, startTraining } from '@purser/training';
import { WEB_GATEWAY_SERVICE, startWebGateway } from '@purser/web-gateway';
import { configOfServices, type AllInOneConfig } from './all-in-one.config.ts';
import { startDatabase } from './embedded-database.ts';
import { masterKeyIn } from './master-key.ts';
import type { Progress } from './progress.ts';
import { startSimulatorIfWanted } from './simulator.ts';

/**
 * The order in which the services drain: who spends first, then who lends (its last settlements are events that the
 * reports service takes in), then who records.
 */
export const stopOrder = [WEB_GATEWAY_SERVICE, TRAINING_SERVICE, BUDGET_SERVICE, REPORTS_SERVICE];

/** What was started, for whoever started it to tell. */
export interface Started {
  readonly services: readonly RunningService[];
  /** Where clients call: the gateway's URL. */
  readonly url: string;
  readonly bootstrap: BootstrapReport;
  readonly simulated: boolean;
}

/**
 * Starts the four services in this process, and before them what they need and nobody else provides: a database, a master
 * key, messages, a provider to try. `scope` ends it all, also when this rejects.
 */
export async function startAllInOne(config: AllInOneConfig, scope: ProcessScope, progress: Progress): Promise<Started> {
  const dataDir = config.PURSER_DATA_DIR;
  const masterKey = config.PURSER_MASTER_KEY ?? (await masterKeyIn(dataDir));
  const databaseUrl =
    config.DATABASE_URL ??
    (await progress.step('embedded database', () => startDatabase(dataDir, scope, progress.say)));
  const configs = configOfServices(config, { databaseUrl, masterKey });
  const transportOf = messages(config);

  let simulating = Promise.resolve(false);
  const services = await scope.startInOrder([
    async () => {
      const transport = transportOf(BUDGET_SERVICE);
      const service = await progress.step(BUDGET_SERVICE, () => startBudget({ config: configs.budget, transport }));
      simulating = startSimulatorIfWanted(service, config, scope, progress);
      // Awaited below; a start that fails before has the better reason.
      simulating.catch(() => undefined);
      return service;
    },
    () => {
      const transport = transportOf(REPORTS_SERVICE);
      return progress.step(REPORTS_SERVICE, () => startReports({ config: configs.reports, transport }));
    },
    () => {
      const transport = transportOf(TRAINING_SERVICE);
      const cacheFolder = join(dataDir, 'cache', TRAINING_SERVICE);
      return progress.step(TRAINING_SERVICE, () => startTraining({ config: configs.training, transport, cacheFolder }));
    },
    async () => {
      // Before there is a gateway that would have to acknowledge the provider's new address.
      await simulating;
      const transport = transportOf(WEB_GATEWAY_SERVICE);
      return progress.step(WEB_GATEWAY_SERVICE, () => gatewayOn(config, { config: configs.webGateway, transport }));
    },
  ]);
  const [budget, gateway] = [services.at(0)!, services.at(-1)!];
  const bootstrap = budget.app.get(BootstrapService, { strict: false }).report;
  return { services, url: gateway.url, bootstrap, simulated: await simulating };
}

/** Each service's own transport: over NATS where that is configured, else through this process's memory. */
function messages({ NATS_URL: servers }: AllInOneConfig): (name: string) => MessageTransport {
  if (servers !== undefined) return (name) => natsTransport({ servers, name });
  // Events of before its start wait for it.
  const broker = new InProcessBroker({ consumers: [REPORTS_SERVICE] });
  return (name) => broker.transport(name);
}

async function gatewayOn(
  { PORT, HOST }: AllInOneConfig,
  options: Parameters<typeof startWebGateway>[0],
): Promise<RunningService> {
  try {
    return await startWebGateway(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ConfigError([{ name: 'PORT', received: String(PORT), allowed: `one that is not in use on ${HOST}` }]);
  }
}
