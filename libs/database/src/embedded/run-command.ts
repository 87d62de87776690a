import { spawn } from 'node:child_process';

/** An operating-system user that commands can be run as. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface CommandResult {
  /** The exit code; `undefined` when the command could not be run at all, was killed, or ran out of time. */
  readonly code: number | undefined;
  /** The last 8 kB of what it wrote on both streams, or why it could not be run. */
  readonly output: string;
}

const OUTPUT_LIMIT = 8_192;

/**
 * The environment of everything started here. PostgreSQL's programs read `PG*` and `LC_*`, so the caller's own
 * environment must not reach them.
 */
export const cleanEnvironment = Object.freeze({ PATH: '/usr/bin:/bin:/usr/sbin:/sbin', TZ: 'UTC' });

/** Spawn options that run a program as `user` (or as ourselves), from a folder that everybody may enter. */
export function spawnAs(user: SystemUser | undefined) {
  return { cwd: '/', env: { ...cleanEnvironment }, ...(user && { uid: user.uid, gid: user.gid }) };
}

/** Runs a program to its end, or kills it after `timeoutMs`. Never rejects. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { user?: SystemUser; timeoutMs: number },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...spawnAs(options.user), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_LIMIT);
    };
    const timer = setTimeout(() => {
      keep(Buffer.from(`\nstopped: it took longer than ${options.timeoutMs} ms`));
      child.kill('SIGKILL');
    }, options.timeoutMs);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: undefined, output: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, output: output.trim() });
    });
  });
}
