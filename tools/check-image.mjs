// npm run check:image -- budget: executes the steps of deploy/Dockerfile in a clean folder, looks at what an image would hold,
// and starts it as its user with --print-config. For machines without a container engine; takes a minute or two.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageRehearsal } from './setup/image-rehearsal.mjs';
import { setUp } from './setup/set-up.mjs';
import { projects, root, say } from './setup/workspace.mjs';

const [app] = process.argv.slice(2);
const apps = projects().flatMap(({ folder }) => (folder.startsWith('apps/') ? [folder.slice('apps/'.length)] : []));
if (app === undefined || !apps.includes(app)) {
  say(`Say which app: ${apps.map((name) => `npm run check:image -- ${name}`).join(', ')}`);
  process.exit(2);
}

await setUp({ built: false });

/** Values that let --print-config pass; nothing is connected to. */
const placeholders = {
  NATS_URL: 'nats://nats:4222',
  DATABASE_URL: 'postgres://purser@postgres:5432/purser',
  PURSER_MASTER_KEY: '0'.repeat(64),
  PURSER_ADMIN_KEY: '0'.repeat(64),
};

/**
 * The workspaces that a project stands on at run time, itself among them.
 * @param {string} name
 * @param {Set<string>} [found]
 * @returns {Set<string>} names without the scope
 */
function standsOn(name, found = new Set()) {
  found.add(name);
  const folder = projects().find((project) => project.name === `@purser/${name}`)?.folder ?? '';
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const workspaces = Object.keys(dependencies).filter((dependency) => dependency.startsWith('@purser/'));
  for (const dependency of workspaces.map((each) => each.slice('@purser/'.length))) {
    if (!found.has(dependency)) standsOn(dependency, found);
  }
  return found;
}

/**
 * What is wrong with the content of an image.
 * @param {string} image the folder that stands for its /app
 * @param {string} name the app
 */
function faults(image, name) {
  const wanted = standsOn(name);
  const linked = readdirSync(join(image, 'node_modules/@purser'));
  const tools = ['typescript', 'jest', 'nx', 'eslint', '@swc/core', 'node'].filter((tool) =>
    existsSync(join(image, 'node_modules', tool)),
  );
  const sources = readdirSync(image, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(apps|libs|tools)\/[^/]+\/(src\/|dist\/.*\.spec\.)/.test(path),
  );
  return [
    ...[...wanted].filter((each) => !linked.includes(each)).map((each) => `@purser/${each} is missing`),
    ...linked.filter((each) => !wanted.has(each)).map((each) => `@purser/${each} is too much`),
    ...[...tools, ...sources].map((each) => `${each} is too much`),
  ];
}

/**
 * @param {import('./setup/image-rehearsal.mjs').Built} image
 * @param {NodeJS.ProcessEnv} environment
 */
function start({ folder, workdir, env, user, entrypoint }, environment) {
  const [command = '', ...args] = entrypoint;
  const [uid, gid] = user.split(':').map(Number);
  return spawnSync(command, [...args, '--print-config'], {
    cwd: join(folder, workdir),
    env: { ...environment, ...placeholders, ...env, PURSER_DATA_DIR: join(folder, 'data') },
    encoding: 'utf8',
    // Only root may become somebody else.
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
  });
}

const folder = mkdtempSync(join(tmpdir(), 'purser-image-'));
chmodSync(folder, 0o755);
try {
  const rehearsal = new ImageRehearsal({ folder, args: { APP: app }, say });
  const image = rehearsal.build(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8'));
  const found = faults(join(image.folder, image.workdir), app);
  if (found.length > 0) throw new Error(`the image's content is wrong: ${found.slice(0, 10).join(', ')}`);
  const { status, stdout, stderr } = start(image, rehearsal.environment);
  if (status !== 0) throw new Error(`the image would not start (exit code ${status}):\n${stdout}${stderr}`);
  process.stdout.write(stdout);
  say(`The image of ${app} would build and start.`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
