import type { AddressInfo } from 'node:net';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Limiter, MemoryStore, type Demand, type QueueOptions, type Standing } from '@purser/rate-limiting';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { AnswerCache } from '../../answer-cache/answer-cache.ts';
import { AnswerStore } from '../../answer-cache/answer-store.ts';
import type { Caller } from '../../authentication/caller.ts';
import { ConfigurationStore } from '../../configuration/configuration.store.ts';
import type {
  ListedModel,
  Resolution,
  Snapshot,
  Target,
  TargetModel,
  TargetProvider,
} from '../../configuration/snapshot.ts';
import { HttpErrorFilter } from '../../errors/http-error.filter.ts';
import { createHttpAdapter } from '../../http-adapter.ts';
import { limitCaller } from '../../limits/limit-requests.ts';
import { TrafficLimits } from '../../limits/traffic-limits.ts';
import { ProviderConnections } from '../../providers/provider-connections.ts';
import { ProviderEndpoints } from '../../providers/provider-endpoint.ts';
import { ProviderResilience } from '../../providers/provider-resilience.ts';
import { aCaller } from '../../testing/configuration-entries.ts';
import { testConfig } from '../../testing/start-test-edge.ts';
import { ChatCompletions } from '../chat-completions.ts';
import { ChatCompletionsController } from '../chat-completions.controller.ts';
import type { DataPlaneOptions } from '../data-plane-options.ts';
import { ModelsController } from '../models.controller.ts';
import { KeptAnswers } from './kept-answers.ts';
import { RecordingMoney } from './recording-money.ts';

/** Limits of a test: long enough never to strike by themselves. */
export const TEST_OPTIONS: DataPlaneOptions = {
  maxJsonDepth: 64,
  timeouts: { connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 },
  // Retries and breakers have tests of their own.
  resilience: {
    ...{ retries: 0, retryRatio: 1, retryBaseMs: 1, maxRetryAfterMs: 1_000, slowFirstByteMs: 0 },
    breaker: { minimumCalls: 1_000 },
  },
  answers: { maxBytes: 10_000, waitMs: 60_000 },
  drainMs: 60_000,
};

/** How requests of a test wait for places. */
export const TEST_QUEUE: QueueOptions = { mostWaiting: 2, waitMs: 60_000 };

/** Input 0.15, output 0.60, cached input 0.075 USD per million tokens. */
export const PRICE = Object.freeze({
  version: 'price-1',
  inputNanosPerMillion: 150_000_000n,
  outputNanosPerMillion: 600_000_000n,
  cachedInputNanosPerMillion: 75_000_000n,
});

export function target(
  baseUrl: string,
  provider: Partial<TargetProvider> = {},
  model: Partial<TargetModel> = {},
): Target {
  const name = provider.name ?? 'acme';
  return {
    provider: {
      ...{ id: `provider-${name}`, name, kind: 'openai-compatible', baseUrl, apiKey: 'sk-upstream' },
      ...{ concurrency: 50, limits: null, cancelledStreams: 'drain', simulated: false, version: 1, ...provider },
    },
    model: {
      ...{
        id: `model-of-${name}`,
        providerId: `provider-${name}`,
        name: 'm-1',
        createdAt: '2026-01-01T00:00:00Z',
        version: 1,
      },
      ...{ price: PRICE, maxOutputTokens: 1_000, contextTokens: null, reasoningUncapped: false, toolPromptTokens: 500 },
      ...model,
    },
  };
}

/** The route `chat` to these targets; it keeps no answers. */
export function resolutionOf(...targets: readonly Target[]): Resolution {
  return { route: 'chat', targets, defaultMaxTokens: null, cacheTtlSeconds: null, revision: '1' };
}

/** A configuration with one route `chat`, and one budget that counts everything. */
export class TestConfiguration {
  readonly version = 1;
  listed: readonly ListedModel[] = [];
  resolution: Resolution;

  constructor(...targets: readonly Target[]) {
    this.resolution = resolutionOf(...targets);
  }

  get current(): Snapshot {
    return this as unknown as Snapshot;
  }

  resolve(name: string): Resolution | undefined {
    return name === 'chat' ? this.resolution : undefined;
  }

  budgetsFor(_accountId: string, providerId: string) {
    return [{ id: `budget-for-${providerId}`, hard: true }];
  }

  listModels(): readonly ListedModel[] {
    return this.listed;
  }
}

export interface TestGatewayOptions extends DataPlaneOptions {
  readonly queue: QueueOptions;
}

/** The data plane on a real port, with fakes for money and configuration only. The bearer token is the key's id. */
export class TestGateway {
  readonly money = new RecordingMoney();
  readonly kept: KeptAnswers;
  /** The account that all keys belong to. */
  accountId = 'account-1';
  readonly configuration: TestConfiguration;
  readonly completions: ChatCompletions;
  readonly limits: TrafficLimits;
  /** What time it is for limits: it stands still unless a test moves it. */
  limitsMs = 0;
  /** What requests are made with, beside the key's id. */
  caller: Partial<Caller> = {};
  /** The reply of each request so far. */
  readonly replies: FastifyReply[] = [];
  readonly #connections: ProviderConnections;
  #app: INestApplication | undefined;

  private constructor(configuration: TestConfiguration, { queue, ...options }: TestGatewayOptions, kept: KeptAnswers) {
    this.configuration = configuration;
    this.kept = kept;
    this.#connections = new ProviderConnections(options.timeouts);
    const store = new MemoryStore({ clock: { now: () => this.limitsMs } });
    this.limits = new TrafficLimits(new Limiter({ queue, store }), { addressRequestsPerMinute: 0 });
    this.completions = new ChatCompletions(configuration, {
      reservations: this.money.reservations,
      attempts: this.money.log,
      limits: this.limits,
      endpoints: new ProviderEndpoints(this.#connections),
      resilience: new ProviderResilience(options.resilience),
      answers: new AnswerCache(new AnswerStore(kept), options.answers),
      options,
    });
  }

  static async start(
    configuration: TestConfiguration,
    options: Partial<TestGatewayOptions> = {},
  ): Promise<TestGateway> {
    const all = { ...TEST_OPTIONS, queue: TEST_QUEUE, ...options };
    const gateway = new TestGateway(configuration, all, await KeptAnswers.open());
    await gateway.#listen();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#app!.getHttpServer() as { address(): AddressInfo }).address().port}`;
  }

  /** Sends a chat completion; the body is JSON text or what becomes it. */
  post(body: unknown, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer key-1', 'content-type': 'application/json', ...init.headers },
      body:
        typeof body === 'string' || Buffer.isBuffer(body) ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body),
      signal: init.signal,
    });
  }

  /** How many places at a provider are taken; of the first target's without an argument. */
  placesTaken(provider = this.configuration.resolution.targets[0]!.provider): number {
    const { slots } = this.limits.enforced.ofProvider(provider);
    return slots.limit.slots - this.standing(slots).remaining;
  }

  /** How a limit stands. */
  standing(demand: Demand): Standing {
    return (this.limits.limiter.look([demand]) as readonly Standing[])[0]!;
  }

  /** Waits until nothing is under way, and says what was not given back: nothing, when all is well. */
  async leaks(): Promise<readonly string[]> {
    const idle = await this.completions.whenIdle(10_000);
    const held = this.configuration.resolution.targets.filter(({ provider }) => this.placesTaken(provider) > 0);
    const slots = held.map(({ provider }) => `slots of ${provider.name}`);
    return [...(idle ? [] : ['a request']), ...slots, ...this.money.leaks];
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#connections.close();
    await this.limits.limiter.close();
    await this.kept.close();
  }

  async #listen(): Promise<void> {
    const adapter = createHttpAdapter(testConfig());
    const providers = [
      { provide: ChatCompletions, useValue: this.completions },
      { provide: ConfigurationStore, useValue: this.configuration },
    ];
    class TestModule {}
    Module({ controllers: [ChatCompletionsController, ModelsController], providers })(TestModule);
    this.#app = await NestFactory.create(TestModule, adapter, {
      logger: false,
      bodyParser: false,
      forceCloseConnections: true,
    });
    this.#app.useGlobalFilters(new HttpErrorFilter());
    const fastify = adapter.getInstance() as unknown as FastifyInstance;
    fastify.decorateRequest('count', null);
    fastify.addHook('onRequest', (request, reply, done) => {
      this.replies.push(reply);
      const keyId = request.headers.authorization?.replace('Bearer ', '') ?? '';
      request.caller = aCaller({ keyId, accountId: this.accountId, ...this.caller });
      limitCaller(this.limits, request, reply, done);
    });
    await this.#app.listen(0, '127.0.0.1');
  }
}
