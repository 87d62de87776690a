import { Logger, Module, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestMicroservice } from '@nestjs/common';
import { EventBus } from '../core/event-bus.ts';
import { MessageClient } from '../core/message-client.ts';
import type { MessageTransport } from '../core/transport.ts';
import {
  messagingStrategy,
  type MessagingStrategy,
  type MessagingStrategyOptions,
} from '../nest/messaging-strategy.ts';
import { MessagingModule } from '../nest/messaging.module.ts';

/** A Nest service that runs. */
export interface ServiceApp {
  readonly client: MessageClient;
  readonly bus: EventBus;
  readonly strategy: MessagingStrategy;
  close(): Promise<void>;
}

/** What was logged, at any level. */
export const logged: string[] = [];

const log = (message: unknown): void => void logged.push(String(message));
const logger: LoggerService = { log, warn: log, error: log };

/** Starts `controllers` on `transport` the way the apps do. */
export async function startServiceApp(
  transport: MessageTransport,
  controllers: Type[],
  options?: MessagingStrategyOptions,
): Promise<ServiceApp> {
  @Module({ imports: [MessagingModule.forRoot({ service: transport.name, transport })], controllers })
  class App {}

  Logger.overrideLogger(logger);
  const strategy = messagingStrategy(transport, options);
  const app: INestMicroservice = await NestFactory.createMicroservice(App, { strategy, logger, abortOnError: false });
  try {
    await app.listen();
  } catch (error) {
    await app.close();
    throw error;
  }
  return { client: app.get(MessageClient), bus: app.get(EventBus), strategy, close: () => app.close() };
}
