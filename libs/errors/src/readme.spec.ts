import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import * as errors from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\nimport [^\n]*\n([^]*?)```/.exec(readme)![1]!;
  const script = `${example}; JSON.stringify({ kind, retryable, arrived: arrived.toWire(), bad: bad.message, remedy })`;
  expect(JSON.parse(String(runInNewContext(script, { ...errors })))).toEqual({
    kind: 'exhausted',
    retryable: false,
    arrived: {
      ...{ kind: 'exhausted', code: 'budget_exceeded', retryable: false },
      message: 'The request may cost more than the 0.5 USD that are left.',
      details: { remaining_usd: '0.5' },
    },
    bad: 'limitUsd: must not be negative',
    remedy: errors.catalogue.budget_exceeded.remedy,
  });
});
