import { afterAll, beforeAll, describe } from '@jest/globals';
import { allSuites } from './all-suites.ts';
import { startOneProcess } from './stack/one-process.ts';
import type { Stack } from './stack/stack.ts';

describe('in one process on embedded defaults', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startOneProcess();
  });
  afterAll(() => stack?.stop());

  allSuites(() => stack);
});
