import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { environment, ownNode, root, say } from './workspace.mjs';

const lockFile = join(root, 'package-lock.json');
/** Holds the hash of the lock file that was installed from; it goes away together with what it vouches for. */
const marker = join(root, 'node_modules/.installed-from');

/**
 * @typedef {{ version?: string, link?: boolean, resolved?: string, optional?: boolean, peer?: boolean }} LockEntry
 * @typedef {Readonly<Record<string, LockEntry>>} LockEntries
 */

/** Whether `node_modules` is what the lock file asks for. Cheap: one file is hashed. */
export function dependenciesAreInstalled() {
  return existsSync(ownNode) && readIfThere(marker) === lockHash();
}

/**
 * Installs with `npm ci` unless the right dependencies are there. Call it under the set-up's lock.
 * @returns {Promise<void>} rejects with what to do when npm fails
 */
export async function installDependencies() {
  if (dependenciesAreInstalled()) return;
  if (existsSync(ownNode) && installedByHand()) return writeFileSync(marker, lockHash());
  const why = existsSync(join(root, 'node_modules')) ? 'package-lock.json has changed' : 'node_modules is missing';
  say(`Installing the dependencies with npm ci, because ${why}. This takes a minute or so.`);
  rmSync(marker, { force: true });
  const installedFrom = lockHash();
  // Warnings are about the Node that npm runs on, which Purser will not.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // Without our own commands on the PATH: npm must not run on the very Node that it is about to replace.
  const { code } = await run('npm', args, {
    env: environment({ ownCommands: false }),
    output: 'aside',
  });
  if (code !== 0) throw new Error(installFailed(code));
  if (!existsSync(ownNode)) throw new Error(nodeMissing);
  writeFileSync(marker, installedFrom);
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** Whether somebody has already run `npm ci` or `npm install` here: npm leaves a list of what it installed. */
function installedByHand() {
  const installed = readIfThere(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  return agrees(JSON.parse(readFileSync(lockFile, 'utf8')).packages, JSON.parse(installed).packages);
}

/**
 * Whether everything that is wanted was installed. What is optional may be absent, for it depends on the platform.
 * @param {LockEntries} wanted
 * @param {LockEntries} installed
 */
export function agrees(wanted, installed) {
  return Object.entries(wanted)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, entry]) => {
      const there = installed[path];
      if (!there) return entry.optional === true || entry.peer === true;
      return entry.link ? there.resolved === entry.resolved : there.version === entry.version;
    });
}

/** @param {string} path */
function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** @param {number} code */
function installFailed(code) {
  return `npm ci failed with exit code ${code}; its own message stands above. Most often one of these:
  - no way to the package registry: try "npm ping"; behind a proxy or a mirror set "npm config set registry <url>"
  - no right to write to ${root}, or no space left there
  - npm older than 9: "npm --version" tells, "npm install -g npm" updates it
  - package.json was changed without package-lock.json: run "npm install" and keep both
Then run the same command again; nothing else needs to be cleaned up.`;
}

const nodeMissing = `npm ci succeeded, but ${ownNode} is missing: npm did not run the package's install script.
Allow scripts ("npm config set ignore-scripts false"; npm 12 and later read "allowScripts" in package.json) and run this again.`;
