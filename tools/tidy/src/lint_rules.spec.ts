import { describe, expect, it } from '@jest/globals';
import { ESLint, type Linter } from 'eslint';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';
import { rows } from '../lint/who-may-import-whom.mjs';
import { projects, root } from './workspace.ts';

/** The repository's own configuration; the type-aware rules are left out, for they need a file that exists. */
const untyped = new ESLint({ cwd: root, overrideConfig: tseslint.configs.disableTypeChecked as Linter.Config });
const typed = new ESLint({ cwd: root });

async function faults(eslint: ESLint, file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, file), warnIgnored: true });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

/** Lints an import of `source` as if it stood in `file`. */
async function importFaults(file: string, source: string): Promise<string[]> {
  const found = await faults(untyped, file, `import * as it from '${source}';\nit.toString();\n`);
  return found.filter((fault) => fault.startsWith('purser/imports'));
}

const forbidden: readonly [file: string, source: string][] = [
  // row by row: what a source may not import, its spec may not either
  ['libs/errors/src/x.ts', '@purser/money'],
  ['libs/errors/src/x.spec.ts', '@purser/money'],
  ['libs/money/src/x.ts', '@purser/errors'],
  ['libs/config/src/x.ts', '@purser/contracts'],
  ['libs/config/src/x.ts', '@nestjs/common'],
  ['libs/contracts/src/budget/x.ts', '@nestjs/common'],
  ['libs/contracts/src/budget/x.spec.ts', '@nestjs/microservices'],
  ['libs/contracts/src/budget/x.ts', 'typeorm'],
  ['libs/contracts/src/x.ts', '@purser/messaging'],
  ['libs/health/src/core/x.ts', '@nestjs/common'],
  ['libs/health/src/core/x.spec.ts', '@nestjs/common'],
  ['libs/health/src/core/x.ts', '@purser/config'],
  ['libs/caching/src/stores/x.ts', '@purser/messaging'],
  ['libs/caching/src/nest/x.ts', '@purser/messaging'],
  ['libs/messaging/src/core/x.ts', '@nestjs/microservices'],
  ['libs/messaging/src/nest/x.ts', '@purser/database'],
  ['libs/database/src/drivers/x.ts', '@nestjs/typeorm'],
  ['libs/database/src/x.ts', '@purser/messaging'],
  ['apps/budget/src/ledger/x.ts', '@purser/reports'],
  ['apps/budget/src/ledger/x.spec.ts', '@purser/reports'],
  ['apps/reports/src/x.medium.spec.ts', '@purser/budget'],
  ['apps/training/src/x.ts', '@purser/web-gateway'],
  ['apps/web-gateway/src/x.ts', '@purser/database'],
  ['apps/web-gateway/src/x.spec.ts', '@purser/database'],
  ['apps/web-gateway/src/x.ts', '@purser/budget'],
  ['apps/web-gateway/src/x.ts', 'pg'],
  ['apps/web-gateway/src/x.ts', 'typeorm'],
  ['apps/web-gateway/src/x.spec.ts', '@nestjs/typeorm'],
  ['apps/all-in-one/src/x.ts', '@purser/provider-simulator'],
  ['apps/all-in-one/src/x.spec.ts', '@purser/provider-simulator'],
  ['tools/e2e/src/x.spec.ts', '@purser/budget'],
  ['tools/bench/src/x.ts', '@purser/web-gateway'],
  ['tools/protocol-simulation/src/x.ts', '@purser/reports'],
  ['tools/provider-simulator/src/x.ts', '@purser/money'],
  // the testing library is for tests only
  ['apps/budget/src/x.ts', '@purser/testing'],
  ['libs/messaging/src/index.ts', '@purser/testing'],
  // past the public index, in both spellings
  ['apps/budget/src/x.ts', '@purser/errors/src/catalogue.ts'],
  ['apps/budget/src/x.spec.ts', '@purser/errors/dist/index.js'],
  ['apps/budget/src/ledger/x.ts', '../../../../libs/errors/src/index.ts'],
  ['apps/budget/src/x.ts', '../../reports/src/index.ts'],
  ['tools/protocol-simulation/src/x.ts', '../../../apps/budget/src/leases/lease.ts'],
  ['tools/start.mjs', '../apps/all-in-one/src/main.ts'],
  // the one exception is one file's, for one target
  ['libs/testing/jest-run.js', '../database/src/core/database.ts'],
  ['libs/testing/jest-other.js', '../database/src/embedded/index.ts'],
  // from the inside of a library outwards
  ['libs/health/src/core/x.ts', '../nest/health.module.ts'],
  ['libs/caching/src/stores/x.ts', '../testing/conformance.ts'],
  // through one's own index, which makes a cycle
  ['libs/errors/src/x.ts', '@purser/errors'],
  // a project that the table does not know
  ['libs/utils/src/x.ts', '@purser/errors'],
];

const allowed: readonly [file: string, source: string][] = [
  ['libs/errors/src/x.spec.ts', '@purser/testing'],
  ['libs/config/src/x.ts', '@purser/errors'],
  ['libs/contracts/src/x.ts', '@purser/money'],
  ['libs/contracts/src/x.ts', 'zod'],
  ['libs/health/src/core/x.ts', '@purser/errors'],
  ['libs/health/src/nest/x.ts', '@nestjs/common'],
  ['libs/health/src/nest/x.ts', '../core/drain.ts'],
  ['libs/caching/src/stores/x.spec.ts', '../testing/conformance.ts'],
  ['libs/messaging/src/nest/x.ts', '@nestjs/microservices'],
  ['libs/database/src/nest/x.ts', '@nestjs/typeorm'],
  ['libs/database/src/drivers/x.ts', 'pg'],
  ['apps/budget/src/ledger/x.ts', '@purser/database'],
  ['apps/budget/src/ledger/x.ts', '../keys/key.service.ts'],
  ['apps/budget/src/x.medium.spec.ts', '@purser/testing'],
  ['apps/web-gateway/src/x.ts', '@purser/messaging'],
  ['apps/all-in-one/src/main.ts', '@purser/budget'],
  ['apps/budget/jest.config.js', '../../jest.preset.js'],
  ['tools/protocol-simulation/src/x.ts', '@purser/web-gateway'],
  ['tools/e2e/src/x.ts', '@purser/testing'],
  ['libs/testing/jest-run.js', '../database/src/embedded/index.ts'],
  ['tools/start.mjs', './setup/dependencies.mjs'],
];

describe('who may import whom', () => {
  it.each(forbidden)('%s may not import %s', async (file, source) => {
    expect(await importFaults(file, source)).toHaveLength(1);
  });

  it.each(allowed)('%s may import %s', async (file, source) => {
    expect(await importFaults(file, source)).toEqual([]);
  });

  it.each([
    ['a type import', `import type { Pool } from 'pg';\nexport type P = Pool;\n`],
    ['a re-export', `export { Pool } from 'pg';\n`],
    ['a star re-export', `export * from 'pg';\n`],
    ['a dynamic import', `export const load = () => import('pg');\n`],
    ['a type position', `export type P = import('pg').Pool;\n`],
    ['require', `export const pg = require('pg');\n`],
  ])('sees %s', async (_form, code) => {
    const found = await faults(untyped, 'apps/web-gateway/src/x.ts', code);
    expect(found.filter((fault) => fault.startsWith('purser/imports'))).toHaveLength(1);
  });

  it('says which row was broken', async () => {
    const [fault] = await importFaults('libs/config/src/x.spec.ts', '@purser/money');
    expect(fault).toBe(
      "purser/imports: Forbidden import of '@purser/money': config may import errors, and testing in specs.",
    );
  });

  it('has a row for every project', () => {
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(projects().map(({ name }) => name)));
  });
});

describe('who may read the environment', () => {
  const reads = [
    `export const port = process.env.PORT;\n`,
    `const { env } = process;\nexport const port = env.PORT;\n`,
    `import { env } from 'node:process';\nexport const port = env.PORT;\n`,
  ];

  it.each(['apps/budget/src/ledger/x.ts', 'libs/database/src/x.ts', 'apps/budget/src/x.spec.ts'])(
    'not %s',
    async (file) => {
      for (const code of reads) {
        const found = await faults(untyped, file, code);
        expect(found.filter((fault) => fault.startsWith('no-restricted-syntax'))).toHaveLength(1);
      }
    },
  );

  it.each(['apps/budget/src/budget.config.ts', 'libs/config/src/x.ts', 'apps/budget/src/main.ts', 'tools/start.mjs'])(
    '%s does',
    async (file) => {
      for (const code of reads) {
        const found = await faults(untyped, file, code);
        expect(found.filter((fault) => fault.startsWith('no-restricted-syntax'))).toEqual([]);
      }
    },
  );
});

it.each(['libs/errors/src/index.ts', 'apps/budget/src/main.ts', 'libs/money/src/index.spec.ts', 'tools/start.mjs'])(
  '%s is held to the same rules where all projects are linted at once',
  async (file) => {
    const whole = new ESLint({ cwd: root, overrideConfigFile: join(root, 'tools/tidy/lint/whole.config.mjs') });
    const configs = [typed, whole].map((eslint) => eslint.calculateConfigForFile(join(root, file)));
    const [own, all] = (await Promise.all(configs)) as Linter.Config[];
    expect(Object.keys(own!.rules!).length).toBeGreaterThan(50);
    expect([all!.rules, all!.linterOptions]).toEqual([own!.rules, own!.linterOptions]);
  },
);

describe('faults that types show', () => {
  // The text is not what stands in the file: only its place, and so its tsconfig, is borrowed.
  const file = 'libs/errors/src/index.ts';

  it.each([
    ['@typescript-eslint/no-floating-promises', `const wait = async () => 1;\nwait();\nexport {};\n`],
    ['@typescript-eslint/no-misused-promises', `setTimeout(async () => fetch('x'), 1);\nexport {};\n`],
    ['@typescript-eslint/no-explicit-any', `export const x = (y: any) => String(y as string);\n`],
    ['@typescript-eslint/switch-exhaustiveness-check', `export const f = (x: 1 | 2) => { switch (x) { case 1: } };\n`],
    ['max-lines', 'export {};\n'.repeat(1) + '// a line\n'.repeat(401)],
  ])('%s is an error', async (rule, code) => {
    expect((await faults(typed, file, code)).map((fault) => fault.split(': ')[0])).toContain(rule);
  });

  it('a class that Nest injects may be imported as a value', async () => {
    const code = `import { DomainError } from './domain-error.ts';\nexport const f = (e: DomainError): string => e.code;\n`;
    expect(await faults(typed, file, code)).toEqual([]);
  });
});
