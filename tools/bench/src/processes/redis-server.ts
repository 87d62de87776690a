import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port.ts';

const START_MS = 10_000;

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Redis of the bench's own that keeps nothing; undefined where the program is not installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  const port = await freePort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  child.stdout.on('data', (text: Buffer) => {
    if (text.includes('Ready to accept connections')) resolve();
  });
  child.once('error', reject);
  child.once('exit', () => reject(new Error('redis-server ended before it was ready.')));
  const timer = setTimeout(() => reject(new Error('redis-server was not ready in time.')), START_MS);
  const stop = async (): Promise<void> => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await ready;
    return { url: `redis://127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
