// npm run load: sets up what is missing, then loads a Purser on a fixed schedule. `-- steady --help` says what can be set.
import { runApp } from './setup/run-app.mjs';
import { setUp } from './setup/set-up.mjs';

await setUp();
await runApp('tools/load/dist/main.js');
