// npm start: sets up what is missing, then runs everything in one process. Arguments are the app's: --print-config and so on.
import { runApp } from './setup/run-app.mjs';
import { setUp } from './setup/set-up.mjs';

await setUp();
await runApp('apps/all-in-one/dist/main.js');
