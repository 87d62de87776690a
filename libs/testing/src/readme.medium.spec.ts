import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import * as library from './index.ts';

class Shelves1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id int primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

it('has an example that runs', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\nimport [^\n]*\n([^]*?)```/.exec(readme)![1]!;
  const script = stripTypeScriptTypes(`(async () => { ${example}; return exit; })`);
  const run = runInNewContext(script, { ...library, Shelves1700000000000, process }) as () => Promise<unknown>;
  expect(await run()).toEqual({ code: null, signal: 'SIGTERM' });
});
