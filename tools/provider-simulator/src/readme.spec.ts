import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { startSimulator } from './index.ts';

it('says in the README what its example really gives', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, example, tokens, cost] =
    /```ts\nimport [^\n]*\n([^]*?)\/\/ usage.completion_tokens is (\d+), totals.costNanos is "(\d+)"/.exec(readme)!;
  const script = `(async () => { ${example}; return [usage.completion_tokens, totals.costNanos]; })()`;
  const result = (await runInNewContext(script, { startSimulator, fetch })) as unknown[];
  expect([...result]).toEqual([Number(tokens), cost]);
});
