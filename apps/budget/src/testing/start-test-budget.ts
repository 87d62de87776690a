import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { loadConfig } from '@purser/config';
import {
  accounts,
  apiKeys,
  models,
  providers,
  type Account,
  type ApiKey,
  type Model,
  type Provider,
} from '@purser/contracts';
import { Database } from '@purser/database';
import { InProcessBroker, MessageClient, messagingStrategy } from '@purser/messaging';
import { v7 as uuidv7 } from 'uuid';
import { budgetConfig } from '../budget.config.ts';
import { BudgetModule } from '../budget.module.ts';

export const TEST_MASTER_KEY = 'a master key for tests, 32 characters';

export interface TestBudgetOptions {
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** Joins the replicas of one test. Default: one of its own. */
  readonly broker?: InProcessBroker;
  /** Further variables of the service. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The whole service in this process, spoken to by messages as a gateway does. */
export class TestBudget {
  /** Who asks, wherever a message wants to know. */
  readonly actor = { keyId: uuidv7(), accountId: uuidv7() };
  readonly app: INestApplication;
  readonly broker: InProcessBroker;
  readonly client: MessageClient;

  constructor(app: INestApplication, broker: InProcessBroker) {
    this.app = app;
    this.broker = broker;
    this.client = app.get(MessageClient);
  }

  get database(): Database {
    return this.app.get(Database, { strict: false });
  }

  account(input: { name?: string; parentId?: string | null } = {}): Promise<Account> {
    return this.client.request(accounts.create, { input: { name: 'acme', ...input }, actor: this.actor });
  }

  async key(accountId: string): Promise<ApiKey & { key: string }> {
    return this.client.request(apiKeys.create, { input: { accountId, name: 'a key' }, actor: this.actor });
  }

  provider(name = `p-${uuidv7()}`): Promise<Provider> {
    const input = { name, kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' } as const;
    return this.client.request(providers.create, { input, actor: this.actor });
  }

  model(providerId: string, name = `m-${uuidv7()}`): Promise<Model> {
    const input = { providerId, name, inputUsdPerMillion: '0.15', outputUsdPerMillion: '0.60' };
    return this.client.request(models.create, { input, actor: this.actor });
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}

/** Starts the budget service over an in-process transport; what it opened is closed by `stop`. */
export async function startTestBudget(options: TestBudgetOptions): Promise<TestBudget> {
  const config = loadConfig(budgetConfig, {
    DATABASE_URL: options.databaseUrl,
    PURSER_MASTER_KEY: TEST_MASTER_KEY,
    PURSER_DATA_DIR: options.dataDir,
    ...options.variables,
  });
  const broker = options.broker ?? new InProcessBroker();
  const transport = broker.transport('budget');
  const module = BudgetModule.register({ config, transport });
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  try {
    app.connectMicroservice({ strategy: messagingStrategy(transport) });
    await app.startAllMicroservices();
    await app.init();
    return new TestBudget(app, broker);
  } catch (error) {
    await app.close();
    throw error;
  }
}
