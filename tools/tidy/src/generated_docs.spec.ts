import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from '../documentation/generated-pages.mjs';
import { root } from './workspace.ts';

it('are what the code says: run npm run docs', async () => {
  const fromSource = (project: string, module: string) => import(join(root, project, 'src', `${module}.ts`));
  const pages = await generatedPages(fromSource);
  expect([...pages.keys()]).toEqual(['docs/configuration.md', 'docs/errors.md', 'docs/architecture.md']);
  for (const [path, text] of pages) expect([path, readFileSync(join(root, path), 'utf8')]).toEqual([path, text]);
});
