// npm run bench: sets up what is missing, then measures. `-- <name>` for one table, `-- --json` for a program.
import { runApp } from './setup/run-app.mjs';
import { setUp } from './setup/set-up.mjs';

await setUp();
await runApp('tools/bench/dist/main.js');
