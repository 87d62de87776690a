import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The program that `npm start` runs, once everything is set up. */
export const allInOneMain = join(root, 'apps/all-in-one/dist/main.js');
