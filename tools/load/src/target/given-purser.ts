import { readFile } from 'node:fs/promises';
import type { GivenTarget } from '../arguments/read-arguments.ts';
import type { ReadyTarget } from './own-purser.ts';

const PROBE_MS = 5_000;

/** Looks whether a Purser answers there before any load is sent. @throws Error saying what is wrong with it */
export async function reachGivenPurser({ url, key, model, pids }: GivenTarget): Promise<ReadyTarget> {
  const secret = 'text' in key ? key.text : await keyIn(key.file);
  const probe = fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(PROBE_MS), redirect: 'error' });
  const { status } = await probe.catch((error: unknown) => {
    const { cause, message } = error as Error;
    throw new Error(`--url ${url} can't be reached: ${cause instanceof Error ? cause.message : message}.`);
  });
  if (status !== 200) throw new Error(`--url ${url} is not ready: /health/ready was answered ${status}.`);
  return {
    target: { url, chatKey: secret, readKey: secret, chatModel: model, streamModel: model },
    processes: pids.map((pid) => ({ name: `process ${pid}`, pid })),
    stop: async () => {},
  };
}

async function keyIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`--key-file '${file}' can't be read: ${error.code}.`);
  });
  const key = text.trim();
  if (/^[\x21-\x7e]{1,1000}$/.test(key) || /^[\x20-\x7e]{32,1000}$/.test(key)) return key;
  throw new Error(`--key-file '${file}' does not hold a key: one line of printable characters is allowed.`);
}
