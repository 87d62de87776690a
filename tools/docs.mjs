// npm run docs: sets up what is missing, then makes the pages of docs/ that come from the code: the tables of variables, the
// catalogue of errors, who may import whom.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUp } from './setup/set-up.mjs';
import { root, say } from './setup/workspace.mjs';

/** @param {string} path from the root */
const load = (path) => import(pathToFileURL(join(root, path)).href);

await setUp();
const { generatedPages } = await load('tools/tidy/documentation/generated-pages.mjs');
/** @type {Map<string, string>} */
const pages = await generatedPages((/** @type {string} */ project, /** @type {string} */ module) =>
  load(`${project}/dist/${module}.js`),
);
for (const [path, text] of pages) {
  writeFileSync(join(root, path), text);
  say(`Wrote ${path}.`);
}
