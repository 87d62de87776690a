import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Drain, type DrainOptions, type DrainResult, type InFlightWork } from '../core/drain.ts';
import { InFlightHttp } from '../core/in-flight-http.ts';
import { Readiness } from '../core/readiness.ts';
import { within } from '../core/within.ts';
import { ServiceLogger } from './service-logger.ts';

/** A strategy that can be drained; `messagingStrategy` of @purser/messaging is one. */
export interface DrainableStrategy extends CustomTransportStrategy, InFlightWork {
  /** Takes no new message from now on. */
  stopAccepting(): Promise<void>;
  /** Lets out what was sent and leaves the broker, within `deadlineMs`. */
  disconnect(deadlineMs: number): Promise<void>;
}

export interface ServiceOptions {
  readonly name: string;
  /** The service's module; imports `HealthModule.forRoot`. */
  readonly module: Type | DynamicModule;
  /** An address of this machine. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Receives messages for the module's controllers. */
  readonly strategy?: DrainableStrategy;
  /** Default: a plain Fastify, for probes and metrics. */
  readonly adapter?: FastifyAdapter;
  /** Called before the app is initialised: global filters, hooks, content type parsers. */
  readonly configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /** See {@link DrainOptions}. Default 0. */
  readonly drainDelayMs?: number;
  /** See {@link DrainOptions}. Default 30 000. */
  readonly drainTimeoutMs?: number;
}

/** A service that answers. */
export interface RunningService {
  readonly name: string;
  /** Where it answers HTTP: `http://127.0.0.1:3000`; the loopback address where it listens on all. */
  readonly url: string;
  readonly app: INestApplication;
  readonly readiness: Readiness;
  /** Not ready from now on; everything else goes on until {@link drain}. */
  fallReadiness(): void;
  /** Stops in the order of {@link Drain} and closes the app. Once; a further call gets the first one's result. */
  drain(options?: Partial<DrainOptions>): Promise<DrainResult>;
}

/**
 * Starts a service: its module, the messages that it receives, its HTTP port. Answers once it does; not necessarily ready
 * yet (`readiness.whenReady`).
 *
 * Rejects when anything fails; what was opened is closed then.
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  let app: NestFastifyApplication | undefined;
  try {
    const adapter = options.adapter ?? new FastifyAdapter();
    const logger = new ServiceLogger();
    app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, { logger, abortOnError: false });
    await options.configure?.(app);
    const drain = addDrainSteps(app, options);
    // Hooks first: nothing is received before a service has migrated its database and filled its caches.
    if (options.strategy) app.connectMicroservice({ strategy: options.strategy });
    await app.init();
    await app.startAllMicroservices();
    await app.listen(options.port, options.host);
    const readiness = app.get(Readiness);
    readiness.start();
    return running(app, drain, readiness, options);
  } catch (error) {
    if (app) await within(5_000, app.close());
    if (options.strategy) await within(5_000, options.strategy.disconnect(1_000));
    throw error;
  }
}

function addDrainSteps(app: NestFastifyApplication, { name, strategy }: ServiceOptions): Drain {
  const drain = drainOf(app, name);
  const http = new InFlightHttp(app.getHttpServer() as Server);
  drain.add('stop', 'http', () => http.stop());
  drain.watch('http', http);
  if (strategy) {
    drain.add('stop', 'messages', () => strategy.stopAccepting());
    drain.watch('messages', strategy);
    drain.add('disconnect', 'messages', (deadlineMs) => strategy.disconnect(deadlineMs));
  }
  drain.add('close', 'app', () => {
    // What has not ended by now would keep the app from closing.
    http.cut();
    return app.close();
  });
  return drain;
}

function drainOf(app: INestApplication, name: string): Drain {
  try {
    return app.get(Drain);
  } catch (cause) {
    throw new Error(`The module of ${name} has to import HealthModule.forRoot({ service: '${name}' }).`, { cause });
  }
}

function running(
  app: NestFastifyApplication,
  drain: Drain,
  readiness: Readiness,
  { name, drainDelayMs = 0, drainTimeoutMs = 30_000 }: ServiceOptions,
): RunningService {
  return {
    name,
    url: urlOf(app.getHttpServer() as Server),
    app,
    readiness,
    fallReadiness: () => drain.fallReadiness(),
    drain: (options) => drain.run({ delayMs: drainDelayMs, timeoutMs: drainTimeoutMs, ...options }),
  };
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  return `http://${family === 'IPv6' && host === address ? `[${host}]` : host}:${port}`;
}
