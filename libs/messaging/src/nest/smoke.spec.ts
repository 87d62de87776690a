import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it } from '@jest/globals';
import { defineEvent, definePublish, defineRequest } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { of } from 'rxjs';
import { z } from 'zod';
import {
  Consumes,
  EventBus,
  Handles,
  InProcessBroker,
  Listens,
  MessageClient,
  messagingStrategy,
  MessagingModule,
  newEvent,
  type MessageDetails,
} from '../index.ts';

const add = defineRequest('budget.sums.add', {
  request: z.object({ a: z.int(), b: z.int().default(1) }),
  response: z.object({ sum: z.int() }),
});
const lazy = defineRequest('budget.sums.lazy', {
  request: z.object({ a: z.int() }),
  response: z.object({ sum: z.int() }),
});
const changed = definePublish('budget.sums.changed', z.object({ n: z.int() }));
const added = defineEvent('budget.sums.added', z.object({ n: z.int() }));
const seen: unknown[] = [];

@Controller()
class Sums {
  @Handles(add)
  add({ a, b }: { a: number; b: number }) {
    if (a === 13) throw new DomainError('conflict', 'unlucky', { a });
    if (a === 14) throw new Error('secret');
    return { sum: a + b };
  }
  @Handles(lazy)
  lazy({ a }: { a: number }) {
    return of({ sum: a });
  }
  @Listens(changed)
  changed({ n }: { n: number }) {
    seen.push(n);
  }
  @Consumes(added, { consumer: 'sums' })
  async added({ n }: { n: number }, { eventId }: MessageDetails) {
    seen.push([n, eventId]);
  }
}

describe('smoke', () => {
  it('works', async () => {
    const broker = new InProcessBroker();
    const transport = broker.transport('budget');
    @Module({ imports: [MessagingModule.forRoot({ service: 'budget', transport })], controllers: [Sums] })
    class App {}
    const app = await NestFactory.create(App, new FastifyAdapter(), { logger: ['error', 'warn'] });
    app.connectMicroservice({ strategy: messagingStrategy(transport) });
    await app.startAllMicroservices();
    await app.init();
    const client = app.get(MessageClient);
    expect(await client.request(add, { a: 1 })).toEqual({ sum: 2 });
    expect(await client.request(lazy, { a: 1 })).toEqual({ sum: 1 });
    await expect(client.request(add, { a: 13 })).rejects.toMatchObject({ code: 'conflict', details: { a: 13 } });
    await expect(client.request(add, { a: 14 })).rejects.toMatchObject({ code: 'internal' });
    await expect(client.request(add, { a: 'x' as never })).rejects.toMatchObject({ code: 'invalid_request' });
    client.publish(changed, { n: 3 });
    await app.get(EventBus).publish([newEvent(added, { n: 4 }, 'id-4')]);
    expect(seen).toEqual([3, [4, 'id-4']]);
    await app.close();
  });
});
