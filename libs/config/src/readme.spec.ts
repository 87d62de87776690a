import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import * as config from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, example, printed] = /```ts\nimport [^\n]*\n([^]*?)```[^]*?```\n([^]*?)```/.exec(readme)!;
  expect(runInNewContext(`${example}; text`, { ...config })).toBe(printed);
});
