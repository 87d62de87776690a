import type { Provider, Type } from '@nestjs/common';
import { Caches } from '@purser/caching';
import { cacheNamespaces } from '@purser/contracts';
import { TrafficSources } from '@purser/service-traffic';
import { AnswerCache } from '../answer-cache/answer-cache.ts';
import { AnswerStore } from '../answer-cache/answer-store.ts';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import { TrafficLimits } from '../limits/traffic-limits.ts';
import { ProviderConnections } from '../providers/provider-connections.ts';
import { ProviderEndpoints } from '../providers/provider-endpoint.ts';
import { ProviderResilience } from '../providers/provider-resilience.ts';
import { Spending } from '../spending/spending.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { ChatCompletionsController } from './chat-completions.controller.ts';
import { ChatCompletions } from './chat-completions.ts';
import { dataPlaneOptions } from './data-plane-options.ts';
import { ModelsController } from './models.controller.ts';

/** The controllers under `/v1`. */
export const dataPlaneControllers: readonly Type[] = [ChatCompletionsController, ModelsController];

/**
 * What the controllers need beside {@link ConfigurationStore}, {@link Spending}, {@link TrafficLimits}, {@link TrafficSources},
 * {@link Caches} and the configuration. At
 * the end, wait for `ChatCompletions.whenIdle`, then close `ProviderConnections`.
 */
export const dataPlaneProviders: readonly Provider[] = [
  {
    provide: ProviderConnections,
    inject: [WEB_GATEWAY_CONFIG, TrafficSources],
    useFactory: (config: WebGatewayConfig, sources: TrafficSources) => {
      const connections = new ProviderConnections(dataPlaneOptions(config).timeouts);
      sources.addPools(() => connections.stats());
      return connections;
    },
  },
  {
    provide: ProviderResilience,
    inject: [WEB_GATEWAY_CONFIG, TrafficSources],
    useFactory: (config: WebGatewayConfig, sources: TrafficSources) => {
      const resilience = new ProviderResilience(dataPlaneOptions(config).resilience);
      sources.addDependencies(() => resilience.statistics());
      return resilience;
    },
  },
  {
    provide: AnswerCache,
    inject: [WEB_GATEWAY_CONFIG, Caches],
    useFactory: (config: WebGatewayConfig, caches: Caches) =>
      new AnswerCache(new AnswerStore(caches.namespace(cacheNamespaces.completions)), dataPlaneOptions(config).answers),
  },
  {
    provide: ChatCompletions,
    inject: [
      WEB_GATEWAY_CONFIG,
      ConfigurationStore,
      Spending,
      ProviderConnections,
      AnswerCache,
      TrafficLimits,
      ProviderResilience,
    ],
    useFactory: (
      config: WebGatewayConfig,
      configuration: ConfigurationStore,
      { book, attempts }: Spending,
      connections: ProviderConnections,
      answers: AnswerCache,
      limits: TrafficLimits,
      resilience: ProviderResilience,
    ) => {
      const options = dataPlaneOptions(config);
      const endpoints = new ProviderEndpoints(connections);
      return new ChatCompletions(configuration, {
        ...{ reservations: book, attempts, limits, endpoints, resilience, answers, options },
      });
    },
  },
];
