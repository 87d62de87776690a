import { expect, it } from '@jest/globals';
import { describeWithRedis } from '@purser/testing';
import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import * as redis from './index.ts';

describeWithRedis('the example of the README', (start) => {
  it('does what it says', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```ts\nimport [^\n]*\n([^]*?)```/.exec(readme)![1]!;
    const said: boolean[] = [];
    const script = `(async () => { ${example}; return greeting; })()`;
    const greeting: unknown = await runInNewContext(script, { ...redis, url: (await start()).url, said });
    expect(greeting).toBe('hello');
    expect(said).toEqual([true]);
  });
});
