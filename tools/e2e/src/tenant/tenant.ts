import { randomBytes } from 'node:crypto';
import OpenAI from 'openai';
import type { Budget, UsageRow } from '@purser/contracts';
import { startSimulator, type Simulator, type SimulatorOptions } from '@purser/provider-simulator';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api } from './api.ts';
import { sum, toNanos } from './nanos.ts';

export interface TenantOptions {
  readonly simulator?: SimulatorOptions;
  /** More fields of the provider. */
  readonly provider?: object;
  /** A hard `total` budget of so much; without it the tenant has none. */
  readonly limitUsd?: string;
}

/** A provider's price list as its models are registered. */
const prices = [
  { name: 'sim-small', inputUsdPerMillion: '0.15', cachedInputUsdPerMillion: '0.075', outputUsdPerMillion: '0.60' },
  { name: 'sim-large', inputUsdPerMillion: '2.50', cachedInputUsdPerMillion: '1.25', outputUsdPerMillion: '10.00' },
];

/** Money moves for so long after the last request at most: the product's promise. */
const HELD_ZERO_MS = 10_000;

/** Of a stack, what a tenant needs. */
type Reached = Pick<Stack, 'gateways' | 'adminKey'>;

/** An account of its own with a provider of its own, so that tests know nothing of each other. */
export class Tenant {
  readonly simulator: Simulator;
  readonly provider: string;
  readonly providerId: string;
  /** By the model's own name. */
  readonly modelIds: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly key: string;
  readonly keyId: string;
  readonly admin: Api;
  readonly #stack: Reached;
  #budgetId: string | undefined;

  private constructor(stack: Reached, admin: Api, simulator: Simulator, made: TenantParts) {
    this.#stack = stack;
    this.admin = admin;
    this.simulator = simulator;
    this.provider = made.provider.name;
    this.providerId = made.provider.id;
    this.modelIds = made.modelIds;
    this.accountId = made.accountId;
    this.key = made.key.key;
    this.keyId = made.key.id;
  }

  /** Through the last gateway, so that with several one of them has to learn of it. */
  static async create(stack: Reached, options: TenantOptions = {}): Promise<Tenant> {
    const admin = new Api(stack.gateways.at(-1)!, stack.adminKey);
    const simulator = await startSimulator(options.simulator);
    try {
      const tenant = new Tenant(stack, admin, simulator, await make(admin, simulator, options));
      if (options.limitUsd !== undefined) await tenant.setBudget(options.limitUsd);
      return tenant;
    } catch (error) {
      await simulator.close();
      throw error;
    }
  }

  /** `provider/model`, as clients name it. */
  model(name = 'sim-small'): string {
    return `${this.provider}/${name}`;
  }

  /** The official client, unchanged but for its address and key. */
  client(options: { gateway?: number; maxRetries?: number; key?: string } = {}): OpenAI {
    const { gateway = 0, maxRetries, key = this.key } = options;
    const url = this.#stack.gateways[gateway % this.#stack.gateways.length]!;
    return new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries });
  }

  /** Gives the account a hard budget for all time. */
  async setBudget(limitUsd: string): Promise<void> {
    const budget = await this.admin.create('budgets', { accountId: this.accountId, limitUsd, window: 'total' });
    this.#budgetId = budget.id;
  }

  get budgetId(): string {
    if (this.#budgetId === undefined) throw new Error('This tenant has no budget.');
    return this.#budgetId;
  }

  async window(): Promise<Budget['current']> {
    return (await this.admin.read(`budgets/${this.budgetId}`)).current;
  }

  /** The window once nothing is held any more. */
  settledWindow(timeoutMs = HELD_ZERO_MS): Promise<Budget['current']> {
    return waitUntil(
      async () => {
        const window = await this.window();
        if (toNanos(window.heldUsd) === 0n) return window;
        throw new Error(JSON.stringify(window));
      },
      { timeoutMs, everyMs: 50, what: 'nothing is held' },
    );
  }

  /** All usage rows of the account, newest first. */
  usage(query: Readonly<Record<string, string>> = {}): Promise<UsageRow[]> {
    return this.admin.readLog('usage', { accountId: this.accountId, ...query });
  }

  /** The rows once their costs add up to that many nano-dollars. */
  usageAddingUpTo(nanos: bigint, timeoutMs = HELD_ZERO_MS): Promise<UsageRow[]> {
    return waitUntil(
      async () => {
        const rows = await this.usage();
        const total = sum(rows.map(({ costUsd }) => toNanos(costUsd)));
        if (total === nanos) return rows;
        throw new Error(`${rows.length} rows add up to ${total} of ${nanos} nano-dollars`);
      },
      { timeoutMs, everyMs: 100, what: 'the usage rows add up' },
    );
  }

  /** What the provider would bill so far, in nano-dollars. */
  billed(): bigint {
    return BigInt(this.simulator.ledger().totals.costNanos);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

interface TenantParts {
  readonly provider: { readonly id: string; readonly name: string };
  readonly modelIds: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly key: { readonly id: string; readonly key: string };
}

async function make(admin: Api, simulator: Simulator, options: TenantOptions): Promise<TenantParts> {
  const name = `sim-${randomBytes(5).toString('hex')}`;
  const baseUrl = `${simulator.url}/v1`;
  const provider = await admin.create('providers', { name, kind: 'openai-compatible', baseUrl, ...options.provider });
  const modelIds: Record<string, string> = {};
  for (const model of prices) {
    modelIds[model.name] = (
      await admin.create('models', { ...model, providerId: provider.id, maxOutputTokens: 256 })
    ).id;
  }
  const account = await admin.create('accounts', { name });
  return {
    provider,
    modelIds,
    accountId: account.id,
    key: await admin.create('keys', { accountId: account.id, name }),
  };
}
