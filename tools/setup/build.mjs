import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { compileCache, environment, projects, root, say, stateFolder } from './workspace.mjs';

const stamp = join(stateFolder, 'build.json');

/** What every project's build depends on beside its own sources. */
const settings = ['package.json', 'package-lock.json', 'nx.json', '.swcrc'];

/**
 * Whether every `dist` was made from the sources as they stand. It compares contents, not times: a checkout, a copy or an
 * unpacked archive keeps or changes times as it likes. Some 30 ms for 500 files.
 */
export function buildIsCurrent() {
  if (!existsSync(stamp)) return false;
  const recorded = JSON.parse(readFileSync(stamp, 'utf8'));
  return recorded.sources === sourcesHash() && recorded.outputs === outputsHash();
}

/**
 * Builds what is stale. Call it under the set-up's lock.
 * @returns {Promise<void>} rejects with the build's output when it fails
 */
export async function build() {
  if (buildIsCurrent()) return;
  say('Building, because the sources are newer than the last build.');
  rmSync(stamp, { force: true });
  // It only ever grows, and what it holds of what is built anew is of no use.
  rmSync(compileCache, { recursive: true, force: true });
  // Taken before the build: what is edited while it runs counts as not yet built.
  const sources = sourcesHash();
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
  // No daemon, which would outlive us, and no terminal interface.
  const env = { ...environment({ ownCommands: true }), NX_DAEMON: 'false', NX_TUI: 'false' };
  const { code, output } = await run(process.execPath, [nx, 'run-many', '-t', 'build'], { env, output: 'kept' });
  if (code !== 0) throw new Error(`${output}\nThe build failed; its output stands above.`);
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(stamp, JSON.stringify({ sources, outputs: outputsHash() }));
}

function built() {
  return projects().filter(({ scripts }) => scripts['build'] !== undefined);
}

function sourcesHash() {
  const files = built().flatMap(({ folder }) => [`${folder}/package.json`, ...filesBelow(`${folder}/src`)]);
  return hashOf([...settings, ...files].filter((file) => !/\.spec\.[cm]?ts$/.test(file)));
}

function outputsHash() {
  return hashOf(built().flatMap(({ folder }) => filesBelow(`${folder}/dist`)));
}

/**
 * @param {string} folder from the root
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]));
}

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
