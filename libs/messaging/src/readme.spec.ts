import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from '@jest/globals';
import { defineRequest, type ReceivedOf } from '@purser/contracts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Handles, InProcessBroker, MessageClient, MessagingModule, messagingStrategy } from './index.ts';

async function example() {
  const add = defineRequest('sums.numbers.add', { request: z.object({ a: z.int(), b: z.int() }), response: z.int() });

  @Controller()
  class NumbersController {
    @Handles(add)
    add({ a, b }: ReceivedOf<typeof add>): number {
      return a + b;
    }
  }

  const transport = new InProcessBroker().transport('sums'); // natsTransport({ servers: NATS_URL, name: 'sums' })

  @Module({ imports: [MessagingModule.forRoot({ service: 'sums', transport })], controllers: [NumbersController] })
  class SumsModule {}

  const app = await NestFactory.createMicroservice(SumsModule, { strategy: messagingStrategy(transport) });
  await app.listen();
  const sum = await app.get(MessageClient).request(add, { a: 1, b: 2 }); // 3
  await app.close();
  return sum;
}

it('shows in the README what runs here, and gives what it says', async () => {
  Logger.overrideLogger(false);
  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
  expect(lines(shown).filter((line) => !own.includes(line))).toEqual([]);
  await expect(example()).resolves.toBe(3);
});
