import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import * as money from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(import [^\n]*\n)([^]*?)```/.exec(readme)![2]!;
  const script = `${stripTypeScriptTypes(example)}; JSON.stringify({ spent, hours })`;
  expect(runInNewContext(script, { ...money })).toBe('{"spent":"0.0001722","hours":25}');
});
