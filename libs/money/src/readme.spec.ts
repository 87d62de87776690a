import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import * as money from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(import [^\n]*\n)([^]*?)```/.exec(readme)![2]!;
  const names = Object.keys(money);
  const run = new Function(...names, `${stripTypeScriptTypes(example)}; return { spent, hours };`);
  expect(run(...Object.values(money))).toEqual({ spent: '0.0001722', hours: 25 });
});
