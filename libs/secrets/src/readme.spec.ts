import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import * as secrets from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\nimport [^\n]*\n([^]*?)```/.exec(readme)![1]!;
  const script = `${example}; JSON.stringify({ sealed, opened, key, prefix, known })`;
  const result: unknown = JSON.parse(String(runInNewContext(script, { ...secrets, masterKey: 'm'.repeat(32) })));
  expect(result).toEqual({
    sealed: expect.stringMatching(/^v1\./),
    opened: 'sk-of-a-provider',
    key: expect.stringMatching(/^sk-purser-/),
    prefix: expect.stringMatching(/^sk-purser-.{6}$/),
    known: true,
  });
});
