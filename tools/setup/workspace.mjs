import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. Everything in this folder also runs under Node 18, before anything is installed. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where the set-up keeps its lock, its stamps and the counts of tests; made anew when deleted. */
export const stateFolder = join(root, '.setup');

/** What V8 compiled of the last build. */
export const compileCache = join(stateFolder, 'compile-cache');

const binFolder = join(root, 'node_modules/.bin');

/** The Node that the dependency `node` brings. */
export const ownNode = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

/**
 * The environment with the workspace's commands first on the PATH, or without them.
 * @param {{ ownCommands: boolean }} options
 * @returns {NodeJS.ProcessEnv}
 */
export function environment({ ownCommands }) {
  const others = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => resolve(folder) !== binFolder);
  return { ...process.env, PATH: [...(ownCommands ? [binFolder] : []), ...others].join(delimiter) };
}

/**
 * Tells the person at the terminal what is being done. On standard error, so that `--print-config` stays readable by a program.
 * @param {string} message
 */
export function say(message) {
  process.stderr.write(`${message}\n`);
}

/**
 * @typedef {{ folder: string, name: string, scripts: Readonly<Record<string, string>> }} Project
 * `folder` from the root, as in `apps/budget`.
 */

/**
 * The workspace's projects.
 * @returns {Project[]}
 */
export function projects() {
  return ['libs', 'apps', 'tools'].flatMap((kind) =>
    readdirSync(join(root, kind), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, kind, entry.name, 'package.json')))
      .map((entry) => {
        const folder = `${kind}/${entry.name}`;
        const { name, scripts = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
        return { folder, name, scripts };
      }),
  );
}
