import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './workspace.mjs';

/** How much of a command's output is kept for the case that it fails: its end, where the reason stands. */
const maxOutputLength = 1_000_000;

/**
 * @typedef {{ code: number, output: string }} Outcome `code` is 128 + the signal's number when a signal ended it
 *
 * @typedef {'shown' | 'aside' | 'kept'} Output `shown` goes where ours goes, `aside` to standard error alone, so that a program
 * can read ours, and `kept` nowhere: it is in the outcome
 */

/** @type {Readonly<Record<Output, import('node:child_process').StdioOptions>>} */
const stdio = {
  shown: ['ignore', 'inherit', 'inherit'],
  aside: ['ignore', 2, 2],
  kept: ['ignore', 'pipe', 'pipe'],
};

/**
 * Runs a command from the root and waits for its end. When we are asked to end meanwhile, so is the command.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env: NodeJS.ProcessEnv, output: Output }} options
 * @returns {Promise<Outcome>} rejects only when the command can't be started
 */
export function run(command, args, { env, output }) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: stdio[output],
      // On Windows npm is a script, which only a shell starts.
      shell: process.platform === 'win32' && command === 'npm',
    });
    let kept = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        kept = (kept + text).slice(-maxOutputLength);
      });
    }
    let terminated = false;
    const terminate = () => {
      terminated = true;
      child.kill('SIGTERM');
    };
    process.once('SIGTERM', terminate);
    child.once('error', failed);
    child.once('close', (code, signal) => {
      process.removeListener('SIGTERM', terminate);
      if (terminated) process.exit(exitCode(null, 'SIGTERM'));
      done({ code: exitCode(code, signal), output: kept });
    });
  });
}

/**
 * The exit code by which a shell would report an end.
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
export function exitCode(code, signal) {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/**
 * Becomes another command: its output and input are ours, signals are passed on, and its end is our end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<never>} rejects when the command can't be started
 */
export function become(command, args, env) {
  return new Promise((_done, failed) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    /** @type {NodeJS.Signals[]} */
    const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of passedOn) process.on(signal, () => child.kill(signal));
    child.once('error', failed);
    child.once('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 1);
      // Die the same death, so that whoever started us sees the signal and not an exit code.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      setTimeout(() => process.exit(exitCode(code, signal)), 1000);
    });
  });
}
