import { Controller, Get, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Drain, HealthModule, Readiness, startService, type DrainableStrategy, type RunningService } from '../index.ts';

const events: string[] = [];
let gate = Promise.withResolvers<string>();
let failAtInit = false;

@Controller('work')
class WorkController {
  @Get()
  work(): Promise<string> {
    events.push('working');
    return gate.promise;
  }
}

@Injectable()
class Component implements OnModuleInit, OnApplicationShutdown {
  constructor(drain: Drain) {
    drain.add('flush', 'journal', () => void events.push('flush'));
    drain.add('release', 'leases', () => void events.push('release'));
  }
  onModuleInit(): void {
    if (failAtInit) throw new Error('no database');
  }
  onApplicationShutdown(): void {
    events.push('close');
  }
}

let away: string | undefined;

@Module({
  imports: [
    HealthModule.forRoot({
      service: 'sample',
      version: '1.2.3',
      intervalMs: 5,
      checks: [
        {
          name: 'database',
          check: () => {
            if (away) throw new Error(away);
          },
        },
      ],
    }),
  ],
  controllers: [WorkController],
  providers: [Component],
})
class SampleModule {}

class FakeStrategy implements DrainableStrategy {
  inFlight = 2;
  listen(callback: () => void): void {
    events.push('listen');
    callback();
  }
  close(): void {
    events.push('strategy closed');
  }
  async stopAccepting(): Promise<void> {
    events.push('stop');
  }
  async idle(): Promise<boolean> {
    events.push('idle');
    return true;
  }
  async disconnect(): Promise<void> {
    events.push('disconnect');
  }
  addHandler(): void {}
}

describe('a running service', () => {
  let service: RunningService;
  const agent = new Agent({ keepAlive: true });

  /** Over a connection that is kept alive, unlike fetch's always the same one. */
  async function request(path: string): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(`${service.url}${path}`, { agent }, resolve).on('error', reject);
    const response = await promise;
    return { status: response.statusCode!, headers: response.headers, body: await text(response) };
  }

  beforeEach(async () => {
    events.length = 0;
    away = undefined;
    failAtInit = false;
    gate = Promise.withResolvers();
    const strategy = new FakeStrategy() as unknown as DrainableStrategy;
    service = await startService({ name: 'sample', module: SampleModule, host: '127.0.0.1', port: 0, strategy });
    await service.readiness.whenReady(AbortSignal.timeout(5_000));
  });
  afterEach(async () => {
    gate.resolve('done');
    await service.drain();
  });

  it('answers its probes', async () => {
    expect(await request('/health/live')).toMatchObject({ status: 200, body: expect.stringContaining('"1.2.3"') });
    expect(await request('/health/startup')).toMatchObject({ status: 200 });
    const ready = await request('/health/ready');
    expect(ready).toMatchObject({ status: 200, headers: { 'cache-control': expect.stringContaining('no-store') } });
    expect(JSON.parse(ready.body)).toMatchObject({ status: 'ok', info: { database: { status: 'up' } } });
  });

  it('says what is missing while it is not ready, and stays alive', async () => {
    away = 'connection refused';
    while (service.readiness.ready) await new Promise((resolve) => setTimeout(resolve, 2));
    const { status, body } = await request('/health/ready');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      status: 'error',
      error: { database: { status: 'down', message: 'connection refused' } },
      details: { service: { status: 'up' } },
    });
    expect(await request('/health/live')).toMatchObject({ status: 200 });
    expect(await request('/health/startup')).toMatchObject({ status: 200 });
  });

  it('shows what it is about as metrics', async () => {
    const { headers, body } = await request('/metrics');
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(body.split('\n')).toEqual(
      expect.arrayContaining([
        'purser_ready{service="sample"} 1',
        'purser_check_up{service="sample",check="database"} 1',
        'purser_in_flight{service="sample",kind="http"} 1',
        'purser_in_flight{service="sample",kind="messages"} 2',
      ]),
    );
  });

  it('drains in order: requests under way end, their connections too, and nothing new is accepted', async () => {
    expect(await request('/health/live')).toMatchObject({ headers: { connection: 'keep-alive' } });
    const working = request('/work');
    while (!events.includes('working')) await new Promise((resolve) => setImmediate(resolve));
    events.length = 0;
    const drained = service.drain();
    expect(service.drain()).toBe(drained);
    while (!events.includes('idle')) await new Promise((resolve) => setImmediate(resolve));
    await expect(fetch(`${service.url}/health/live`)).rejects.toThrow();
    gate.resolve('done');
    await expect(working).resolves.toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
    await expect(drained).resolves.toEqual({ drained: true, unfinished: [] });
    expect(events).toEqual(['stop', 'idle', 'release', 'flush', 'disconnect', 'strategy closed', 'close']);
  });

  it('falls out of readiness first, and still serves during the delay', async () => {
    const drained = service.drain({ delayMs: 100 });
    expect(await request('/health/ready')).toMatchObject({ status: 503, body: expect.stringContaining('is stopping') });
    expect(await request('/health/live')).toMatchObject({ status: 200 });
    expect((await drained).drained).toBe(true);
  });

  it('says what did not end in time, cuts it, and goes on', async () => {
    const working = request('/work').catch((error: Error) => error);
    while (!events.includes('working')) await new Promise((resolve) => setImmediate(resolve));
    const { drained, unfinished } = await service.drain({ timeoutMs: 20 });
    expect({ drained, unfinished }).toEqual({ drained: false, unfinished: ['in-flight: http (1 in flight)'] });
    expect(await working).toMatchObject({ code: 'ECONNRESET' });
    expect(events).toContain('close');
  });
});

describe('a service that can not start', () => {
  it('closes what it had opened', async () => {
    events.length = 0;
    failAtInit = true;
    const strategy = new FakeStrategy() as unknown as DrainableStrategy;
    const starting = startService({ name: 'sample', module: SampleModule, host: '127.0.0.1', port: 0, strategy });
    await expect(starting).rejects.toThrow('no database');
    expect(events).toEqual(expect.arrayContaining(['strategy closed', 'disconnect']));
  });

  it('without HealthModule is told so', async () => {
    @Module({})
    class Bare {}
    await expect(startService({ name: 'bare', module: Bare, host: '127.0.0.1', port: 0 })).rejects.toThrow(
      "The module of bare has to import HealthModule.forRoot({ service: 'bare' })",
    );
  });

  it('names the port that is taken', async () => {
    failAtInit = false;
    const options = { name: 'sample', module: SampleModule, host: '127.0.0.1' };
    const first = await startService({ ...options, port: 0 });
    const port = Number(new URL(first.url).port);
    await expect(startService({ ...options, port })).rejects.toThrow(`EADDRINUSE`);
    await first.drain();
  });
});

it('shows a reachable address when it listens on all', async () => {
  const service = await startService({ name: 'sample', module: SampleModule, host: '0.0.0.0', port: 0 });
  expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(service.app.get(Readiness)).toBe(service.readiness);
  await service.drain();
});
