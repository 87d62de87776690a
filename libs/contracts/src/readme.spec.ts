import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import * as contracts from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, text, refused] = /```ts\n(?:import [^\n]*\n)+([^]*?)(validate\([^\n]*\n)```/.exec(readme)!;
  const example = stripTypeScriptTypes(text!);
  const run = (script: string): unknown => runInNewContext(`${example}; ${script}`, { ...contracts, z });
  expect(JSON.parse(String(run('JSON.stringify({ received, schema })')))).toMatchObject({
    received: { room: 'attic', limit: 10 },
    schema: { type: 'object', required: ['room'], additionalProperties: false, properties: { limit: { default: 10 } } },
  });
  expect(() => run(refused!)).toThrow('limit: must be at most 100');
});
