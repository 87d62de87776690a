// npm run bench: sets up what is missing, then measures. `-- <name>` for one table, `-- --json` for a program.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUp } from './setup/set-up.mjs';
import { root } from './setup/workspace.mjs';

await setUp();
process.setSourceMapsEnabled(true);
const main = join(root, 'tools/bench/dist/main.js');
process.argv[1] = main;
await import(pathToFileURL(main).href);
