import { afterAll, expect, it } from '@jest/globals';
import { chmod, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { temporaryFolder } from '@purser/testing';
import * as library from './index.ts';

const folder = await temporaryFolder();
// As root the server is another user's, who has to get there.
await chmod(folder.path, 0o755);
afterAll(() => folder.remove());

class Shelves1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id int primary key, books int)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

it('has an example that runs', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\nimport [^\n]*\n([^]*?)```/.exec(readme)![1]!;
  const script = stripTypeScriptTypes(`(async () => { ${example}; return shelf; })`);
  const said: string[] = [];
  const context = {
    ...library,
    ...{ Shelves1700000000000, dataDir: folder.path, console: { log: (line: string) => said.push(line) } },
  };
  const run = runInNewContext(script, context) as () => Promise<unknown>;
  expect(await run()).toEqual({ books: 40 });
  expect(said).toEqual(['stored']);
});
