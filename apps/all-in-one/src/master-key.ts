import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FILE_NAME = 'master-key';
const BYTES = 32;
const FORM = /^[0-9a-f]{64}\n?$/;

/**
 * The key in the data folder, made there (mode 0600) if there is none.
 *
 * @throws Error when the file holds no key: what was sealed under the lost one could never be opened again
 */
export async function masterKeyIn(dataDir: string): Promise<string> {
  const file = join(dataDir, FILE_NAME);
  await mkdir(dataDir, { recursive: true });
  const key = (await read(file)) ?? (await make(file));
  if (FORM.test(key)) return key.trim();
  throw new Error(`${file} does not hold a master key. Restore it, or set PURSER_MASTER_KEY.`);
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and linked, so that the file is whole or absent after a power cut, and never replaces another. */
async function make(file: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  const key = randomBytes(BYTES).toString('hex');
  try {
    await using handle = await open(draft, 'wx', 0o600);
    await handle.writeFile(`${key}\n`);
    await handle.sync();
    await link(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return key;
}
