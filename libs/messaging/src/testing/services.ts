import { Controller, type Type } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineEvent, definePublish, defineRequest } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { of } from 'rxjs';
import { z } from 'zod';
import { MessageClient } from '../core/message-client.ts';
import { newEvent } from '../core/event-bus.ts';
import { messageContext, withMessageContext } from '../core/message-context.ts';
import { Consumes, Handles, Listens } from '../nest/decorators.ts';
import type { MessageDetails } from '../nest/message-details.ts';
import type { MessagingStrategyOptions } from '../nest/messaging-strategy.ts';
import { eventually, type Transports } from './harness.ts';
import { logged, startServiceApp, type ServiceApp } from './service_app.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export function describeServices(transports: Transports): void {
  const apps: ServiceApp[] = [];

  async function start(service: string, controllers: Type[], options?: MessagingStrategyOptions): Promise<ServiceApp> {
    const app = await startServiceApp(await transports.connected(service), controllers, options);
    apps.push(app);
    return app;
  }

  beforeEach(() => void logged.splice(0));
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  /** A contract with one method that handles it, and a client of another service. */
  async function handled<Req extends z.ZodType, Res extends z.ZodType>(
    schemas: { request: Req; response: Res; deadlineMs?: number },
    handler: (payload: z.output<Req>, details: MessageDetails) => unknown,
    options?: MessagingStrategyOptions,
  ) {
    const service = transports.name();
    const contract = defineRequest(`${service}.things.do`, schemas);
    const declared = defineRequest(contract.subject, { request: schemas.request, response: z.unknown() });
    @Controller()
    class Things {
      @Handles(declared)
      handle(payload: z.output<Req>, details: MessageDetails): unknown {
        return handler(payload, details);
      }
    }
    const app = await start(service, [Things], options);
    const client = new MessageClient(await transports.connected(transports.name()));
    return { contract, client, app };
  }

  const number = { request: z.object({ n: z.int() }), response: z.object({ n: z.int() }) };
  const anything = { request: z.unknown(), response: z.unknown() };

  describe('handlers', () => {
    it.each([
      ['a value', (n: number) => ({ n })],
      ['a promise', async (n: number) => ({ n })],
      ['an Observable, its last value', (n: number) => of({ n: 0 }, { n })],
    ])('may return %s', async (_, answer) => {
      const { contract, client } = await handled(number, ({ n }) => answer(n));
      await expect(client.request(contract, { n: 7 })).resolves.toEqual({ n: 7 });
    });

    it('may return nothing', async () => {
      const { contract, client } = await handled({ request: z.unknown(), response: z.undefined() }, () => undefined);
      await expect(client.request(contract, {})).resolves.toBeUndefined();
    });

    it('are not called for a request that is not admitted, whose caller is told why', async () => {
      const asked: unknown[] = [];
      const admit = (caller: string | undefined, subject: string) => {
        asked.push([caller, subject]);
        return asked.length > 1 ? new DomainError('rate_limit_exceeded', 'No more.', { retryAfterMs: 5 }) : undefined;
      };
      const app = await handled(number, ({ n }) => ({ n }), { admit });
      const caller = transports.name();
      const client = new MessageClient(await transports.connected(caller));
      await expect(client.request(app.contract, { n: 7 })).resolves.toEqual({ n: 7 });
      const refused = { code: 'rate_limit_exceeded', details: { retryAfterMs: 5 } };
      await expect(client.request(app.contract, { n: 8 })).rejects.toMatchObject(refused);
      expect(asked).toEqual(Array(2).fill([caller, app.contract.subject]));
      expect(app.app.strategy.inFlight).toBe(0);
    });

    it('receive what JSON leaves of the payload, defaults filled in, shared with nobody', async () => {
      const received: unknown[] = [];
      const request = z.object({ list: z.array(z.int()), unset: z.string().optional(), limit: z.int().default(50) });
      const kept = { list: [1] };
      const { contract, client } = await handled({ request, response: z.unknown() }, (payload) => {
        received.push(payload);
        return kept;
      });
      const sent = { list: [1], unset: undefined };
      const answer = (await client.request(contract, sent)) as typeof kept;
      sent.list.push(2);
      kept.list.push(3);
      expect(received).toStrictEqual([{ list: [1], limit: 50 }]);
      expect(answer).toStrictEqual({ list: [1] });
    });

    it('are not called with what their contract does not allow; the answer names the field', async () => {
      let called = false;
      const { contract, client } = await handled(number, () => (called = true));
      await expect(client.request(contract, { n: 'x' as never })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { field: 'n' },
      });
      expect(called).toBe(false);
    });

    it('pass their domain errors on as they are', async () => {
      const thrown = new DomainError('budget_exceeded', 'Spent.', { budget_id: 'b1', remaining_usd: '0' });
      const { contract, client } = await handled(anything, () => {
        throw thrown;
      });
      const failure: unknown = await client.request(contract, {}).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(DomainError);
      expect((failure as DomainError).toWire()).toEqual(thrown.toWire());
    });

    it('keep the text of unexpected errors to themselves, and in the log', async () => {
      const { contract, client } = await handled(anything, async () => {
        throw new TypeError('password is hunter2');
      });
      const failure: unknown = await client.request(contract, {}).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'internal', kind: 'internal', retryable: false });
      expect(JSON.stringify((failure as DomainError).toWire())).not.toContain('hunter2');
      expect(logged.join()).toContain('hunter2');
    });

    it('that answer what their contract does not allow fail their caller', async () => {
      const { contract, client } = await handled(number, () => ({ n: 'seven' }));
      await expect(client.request(contract, { n: 7 })).rejects.toMatchObject({
        code: 'internal',
        message: `The answer to ${contract.subject} is not what its contract allows.`,
      });
    });

    it('that answer too much, or what JSON can not carry, fail their caller', async () => {
      const answers: unknown[] = ['x'.repeat(20_000_000), 1n];
      const { contract, client } = await handled(anything, () => answers.shift());
      await expect(client.request(contract, {})).rejects.toMatchObject({ code: 'message_too_large' });
      await expect(client.request(contract, {})).rejects.toMatchObject({ code: 'internal' });
    });

    it('may be plain @MessagePattern and @EventPattern methods', async () => {
      const service = transports.name();
      const heard: unknown[] = [];
      @Controller()
      class Plain {
        @MessagePattern(`${service}.plain.ask`)
        ask(payload: unknown): unknown {
          return { payload };
        }
        @EventPattern(`${service}.plain.told`)
        told(payload: unknown): void {
          heard.push(payload);
        }
      }
      const { client } = await start(service, [Plain]);
      const ask = defineRequest(`${service}.plain.ask`, anything);
      await expect(client.request(ask, { a: 1 })).resolves.toEqual({ payload: { a: 1 } });
      client.publish(definePublish(`${service}.plain.told`, z.unknown()), { b: 2 });
      await eventually('the publish is heard', () => heard.length > 0);
      expect(heard).toEqual([{ b: 2 }]);
    });

    it('can not be two for one request', async () => {
      const service = transports.name();
      const contract = defineRequest(`${service}.a.b`, anything);
      @Controller()
      class Twice {
        @Handles(contract)
        one(): void {}
        @Handles(contract)
        two(): void {}
      }
      await expect(start(service, [Twice])).rejects.toThrow(`Two handlers are declared for ${service}.a.b`);
    });
  });

  describe('deadlines and traces', () => {
    it('reach the handler, and bound what it asks in turn', async () => {
      const nested = await handled(anything, () => messageContext()?.remainingMs());
      const { contract, client } = await handled(anything, async () => {
        const own = messageContext()!.remainingMs();
        const longer = await nested.client.request(nested.contract, {}, { deadlineMs: 60_000 });
        const shorter = await nested.client.request(nested.contract, {}, { deadlineMs: 50 });
        return { own, longer, shorter };
      });
      const seen = (await client.request(contract, {}, { deadlineMs: 4_000 })) as Record<string, number>;
      expect(seen['own']).toBeLessThanOrEqual(4_000);
      expect(seen['longer']).toBeLessThanOrEqual(seen['own']! + 1);
      expect(seen['shorter']).toBeLessThanOrEqual(50);
    });

    it('end the wait of the caller, and of whatever the handler asks after that', async () => {
      const { promise: late, resolve } = Promise.withResolvers<unknown>();
      const target = await handled(anything, () => 'answered');
      const { contract, client } = await handled(anything, async () => {
        await new Promise((next) => setTimeout(next, 40));
        resolve(await target.client.request(target.contract, {}).catch((error: unknown) => error));
      });
      await expect(client.request(contract, {}, { deadlineMs: 20 })).rejects.toMatchObject({
        code: 'deadline_exceeded',
      });
      expect(await late).toMatchObject({ code: 'deadline_exceeded' });
    });

    it('travel with requests, from the first caller through every handler', async () => {
      const seen: unknown[] = [];
      const look = (): void => {
        const context = messageContext();
        seen.push([context?.traceparent, context?.tracestate]);
      };
      const nested = await handled(anything, look);
      const { contract, client } = await handled(anything, async () => {
        look();
        await nested.client.request(nested.contract, {});
      });
      await withMessageContext({ traceparent, tracestate: 'vendor=1' }, () => client.request(contract, {}));
      await withMessageContext({ traceparent: 'x\r\ny' }, () => client.request(contract, {}));
      await client.request(contract, {});
      expect(seen).toEqual([
        ...[1, 2].map(() => [traceparent, 'vendor=1']),
        ...[1, 2, 3, 4].map(() => [undefined, undefined]),
      ]);
    });
  });

  describe('load and shutdown', () => {
    it('refuses what is beyond the messages that may be in work at once', async () => {
      const { promise: gate, resolve: open } = Promise.withResolvers<string>();
      const { contract, client, app } = await handled(anything, () => gate, { maxInFlight: 2 });
      const taken = [client.request(contract, {}), client.request(contract, {})];
      await eventually('two are in work', () => app.strategy.inFlight === 2);
      await expect(client.request(contract, {})).rejects.toMatchObject({ code: 'unavailable', retryable: true });
      open('done');
      await expect(Promise.all(taken)).resolves.toEqual(['done', 'done']);
    });

    it('refuses more requests of one client than may wait at once', async () => {
      const { promise: gate, resolve: open } = Promise.withResolvers<string>();
      const { contract } = await handled(anything, () => gate);
      const client = new MessageClient(await transports.connected(transports.name()), { maxInFlight: 1 });
      const first = client.request(contract, {});
      await expect(client.request(contract, {})).rejects.toMatchObject({ code: 'unavailable' });
      expect(client.inFlight).toBe(1);
      open('done');
      await expect(first).resolves.toBe('done');
      expect(client.inFlight).toBe(0);
    });

    it('lets what is in work end, and takes nothing new', async () => {
      const { promise: gate, resolve: open } = Promise.withResolvers<string>();
      const { contract, client, app } = await handled(anything, () => gate);
      const taken = client.request(contract, {});
      await eventually('it is in work', () => app.strategy.inFlight === 1);
      await app.strategy.stopAccepting();
      await expect(client.request(contract, {})).rejects.toMatchObject({ code: 'unavailable' });
      await expect(app.strategy.idle(10)).resolves.toBe(false);
      const idle = app.strategy.idle(5_000);
      open('done');
      await expect(idle).resolves.toBe(true);
      await app.strategy.disconnect();
      await expect(taken).resolves.toBe('done');
    });
  });

  describe('a service that is away for a moment', () => {
    it('is waited for by a client that wants to, within the deadline', async () => {
      const service = transports.name();
      const contract = defineRequest(`${service}.a.b`, anything);
      @Controller()
      class Late {
        @Handles(contract)
        answer(): string {
          return 'here';
        }
      }
      const client = new MessageClient(await transports.connected(transports.name()), { whenNobodyServes: 'wait' });
      let answered = false;
      const asked = client.request(contract, {}, { deadlineMs: 30_000 }).finally(() => (answered = true));
      const impatient = client.request(contract, {}, { whenNobodyServes: 'fail' });
      await expect(impatient).rejects.toMatchObject({ code: 'unavailable' });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(answered).toBe(false);
      await start(service, [Late]);
      await expect(asked).resolves.toBe('here');
    });

    it('is given up at the deadline, or when the caller no longer waits', async () => {
      const contract = defineRequest(`${transports.name()}.a.b`, anything);
      const client = new MessageClient(await transports.connected(transports.name()), { whenNobodyServes: 'wait' });
      await expect(client.request(contract, {}, { deadlineMs: 200 })).rejects.toMatchObject({ code: 'unavailable' });
      const abort = new AbortController();
      const asked = client.request(contract, {}, { signal: abort.signal, deadlineMs: 30_000 });
      setTimeout(() => abort.abort(), 20);
      await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
      expect(client.inFlight).toBe(0);
    });
  });

  describe('listeners and consumers', () => {
    it('hear publishes on every replica, validated', async () => {
      const service = transports.name();
      const changed = definePublish(`${service}.a.changed`, z.object({ n: z.int() }));
      const heard: number[] = [];
      @Controller()
      class Listener {
        @Listens(changed)
        one({ n }: { n: number }): void {
          heard.push(n);
        }
        @Listens(changed)
        async two({ n }: { n: number }): Promise<void> {
          heard.push(n);
        }
      }
      const { client } = await start(service, [Listener]);
      await start(service, [Listener]);
      client.publish(changed, { n: 'not a number' as never });
      client.publish(changed, { n: 1 });
      await eventually('all four have heard', () => heard.length >= 4);
      expect(heard).toEqual([1, 1, 1, 1]);
      expect(logged.join()).toContain(`Failed ${service}.a.changed: invalid_request: n`);
    });

    it('consume events with their id, again after a failure, and set aside what can not be read', async () => {
      const service = transports.name();
      const done = defineEvent(`${service}.a.done`, z.object({ n: z.int() }));
      const consumed: unknown[] = [];
      let failures = 1;
      @Controller()
      class Consumer {
        @Consumes(done, { consumer: 'first' })
        async first({ n }: { n: number }, { eventId, deliveries }: MessageDetails): Promise<void> {
          if (n === 1 && failures-- > 0) throw new DomainError('unavailable', 'The database is away.');
          consumed.push(['first', n, eventId, deliveries]);
        }
        @Consumes(done, { consumer: 'second' })
        second({ n }: { n: number }, { eventId }: MessageDetails): void {
          consumed.push(['second', n, eventId]);
        }
      }
      const { bus } = await start(service, [Consumer]);
      await bus.publish([newEvent(done, { n: 'x' as never }, 'unreadable')]);
      const event = newEvent(done, { n: 1 }, 'e1');
      await bus.publish([event]).catch(() => bus.publish([event]));
      await eventually('both have consumed it', () => consumed.length >= 2);
      expect(consumed).toContainEqual(['first', 1, 'e1', 2]);
      expect(consumed).toContainEqual(['second', 1, 'e1']);
      expect(logged.filter((line) => line.includes('Set aside event unreadable'))).toHaveLength(2);
      expect(logged.join()).toContain('Failed event e1');
    });

    it('give up an attempt that takes too long, and get the event again', async () => {
      const service = transports.name();
      const done = defineEvent(`${service}.a.done`, z.unknown());
      let attempts = 0;
      @Controller()
      class Consumer {
        @Consumes(done, { consumer: 'slow' })
        async consume(): Promise<void> {
          if (++attempts === 1) await new Promise(() => undefined);
        }
      }
      const { bus, strategy } = await start(service, [Consumer], { eventTimeoutMs: 30 });
      const event = newEvent(done, {}, 'e1');
      await bus.publish([event]).catch(() => bus.publish([event]));
      await eventually('it came again', () => attempts === 2);
      await expect(strategy.idle(5_000)).resolves.toBe(true);
      expect(logged.join()).toContain('took longer than 30 ms');
    });
  });
}
