import { join } from 'node:path';
import { build, buildIsCurrent } from './build.mjs';
import { dependenciesAreInstalled, installDependencies } from './dependencies.mjs';
import { withLock } from './lock.mjs';
import { become } from './run.mjs';
import { environment, ownNode, say, stateFolder } from './workspace.mjs';

const wantedNode = 24;

/**
 * Sets up what is missing: dependencies, Node 24, the build. Returns in the process that is to go on, which is a child of
 * this one when this one runs on an older Node; the child takes over input, output, signals and exit code.
 * A failure is told with what to do about it, and ends the process with exit code 1.
 * @param {{ built?: boolean }} [options] `built: false` leaves the build out
 */
export async function setUp({ built = true } = {}) {
  try {
    await once(dependenciesAreInstalled, installDependencies);
    const isOld = Number(process.versions.node.split('.')[0]) < wantedNode;
    const env = environment({ ownCommands: true });
    if (isOld) await become(ownNode, process.argv.slice(1), env);
    process.env['PATH'] = env['PATH'];
    if (built) await once(buildIsCurrent, build);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/**
 * Does `work` under the lock that all set-ups in this clone share, unless it is already done: that needs no lock, so that a
 * clone which is set up can be started by a user who may not write to it.
 * @param {() => boolean} isDone
 * @param {() => Promise<void>} work
 */
async function once(isDone, work) {
  if (isDone()) return;
  await withLock(
    join(stateFolder, 'lock'),
    {
      waitMs: 15 * 60_000,
      onWait: (owner) => say(`Waiting for another set-up in this folder to end (process ${owner?.pid ?? 'unknown'}).`),
    },
    work,
  );
}
