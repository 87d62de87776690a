// npm start: sets up what is missing, then runs everything in one process. Arguments are the app's: --print-config and so on.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUp } from './setup/set-up.mjs';
import { root } from './setup/workspace.mjs';

await setUp();
process.setSourceMapsEnabled(true);
const main = join(root, 'apps/all-in-one/dist/main.js');
process.argv[1] = main;
await import(pathToFileURL(main).href);
