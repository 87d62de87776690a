// What one Jest run shares with its workers: a socket that answers with the address of a PostgreSQL. It lives in Jest's
// own process, which outlives every worker; the server is started when a test first asks, so runs without such tests
// pay for nothing but the socket.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {{ folder: string, broker: import('node:net').Server, server?: Promise<{url: string, stop(): Promise<void>}> } | undefined} */
let run;

const FOLDER_PREFIX = 'purser-test-';

export async function begin() {
  const folder = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  // As root the server runs as another user, who has to get to its data folder.
  await chmod(folder, 0o711);
  const broker = createServer((socket) => {
    socket.on('error', () => {});
    // Only who says something wants the server: other runs connect to see whether this one still lives.
    socket.once('data', () => {
      run.server ??= startServer(folder);
      run.server.then(
        ({ url }) => socket.end(JSON.stringify({ url })),
        (error) => socket.end(JSON.stringify({ error: String(error?.stack ?? error) })),
      );
    });
  });
  broker.unref();
  const address = join(folder, 'broker');
  await new Promise((resolve, reject) => broker.once('error', reject).listen(address, resolve));
  run = { folder, broker };
  process.env.PURSER_TEST_BROKER = address;
  process.env.PURSER_TEST_FOLDER = folder;
  process.env.PURSER_TEST_RUN = randomBytes(4).toString('hex');
}

export async function end() {
  if (!run) return;
  const { folder, broker, server } = run;
  run = undefined;
  broker.close();
  // A failed start has been reported by the test that asked for it.
  const started = await server?.catch(() => undefined);
  await started?.stop();
  await rm(folder, { recursive: true, force: true });
}

async function startServer(folder) {
  const external = process.env.PURSER_TEST_DATABASE_URL;
  if (external) return { url: external, stop: () => dropDatabases(external) };
  await removeFoldersOfKilledRuns();
  // By path: Jest's process resolves packages to their builds, which a test must not need. Node strips the types.
  const { startEmbeddedPostgres } = await import('../database/src/embedded/index.ts');
  return startEmbeddedPostgres({
    dataDir: join(folder, 'database'),
    durable: false,
    log: (line) => process.stderr.write(`${line}\n`),
    onUnexpectedExit: (error) => process.stderr.write(`${error.message}\n`),
  });
}

// A run that was killed could not tidy up. Its socket refuses connections; that of a living run takes them.
async function removeFoldersOfKilledRuns() {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const socket = createConnection(join(folder, 'broker'));
    const refused = await once(socket, 'connect').then(
      () => false,
      (error) => error.code === 'ECONNREFUSED',
    );
    socket.destroy();
    // Another user's folder is that user's to remove.
    if (refused) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function dropDatabases(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const prefix = `purser_test_${process.env.PURSER_TEST_RUN}_`;
    const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [prefix]);
    for (const { datname } of rows) await client.query(`drop database if exists "${datname}" with (force)`);
  } finally {
    await client.end();
  }
}
