import { afterAll, beforeAll } from '@jest/globals';
import { describeWithNats } from '@purser/testing';
import { allSuites } from './all-suites.ts';
import { startServices } from './stack/services.ts';
import type { Stack } from './stack/stack.ts';

describeWithNats('as services over NATS, with two gateways and an external database', (nats) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startServices(await nats());
  });
  afterAll(() => stack?.stop());

  allSuites(() => stack);
});
