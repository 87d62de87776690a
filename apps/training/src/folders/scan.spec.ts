import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, realpath, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { orderedProblems } from '../items/problems.ts';
import { Unreadable } from '../items/unreadable.ts';
import { FolderReader } from './folder-reader.ts';
import { limits } from './limits.ts';
import { scanFolder } from './scan.ts';
import type { Scan } from './scan.ts';

const index = (id: string) => `---\nid: ${id}\ntitle: ${id} title\nstatus: active\n---\n## Objective\nDo ${id}.\n`;
const ticket = (id: string) => `---\nid: ${id}\nstatus: done\n---\n`;

let base: string;
let root: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'purser-scan-')));
  root = join(base, 'work');
  await mkdir(root);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(base, { recursive: true, force: true });
});

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** A work effort with the id `WE-260101-<letters>` in `where`, with tickets 1 to `tickets`. */
async function workEffort(letters: string, tickets = 0, where = ''): Promise<string> {
  const folder = join(where, `WE-260101-${letters}_some_title`);
  await write(join(folder, `WE-260101-${letters}_index.md`), index(`WE-260101-${letters}`));
  for (let n = 1; n <= tickets; n += 1) {
    await write(join(folder, `tickets/TKT-${letters}-00${n}_step.md`), ticket(`TKT-${letters}-00${n}`));
  }
  return folder;
}

const ids = (scan: Scan) => scan.items.map(({ externalId }) => externalId);
const problemsOf = ({ problems, items }: Scan) =>
  orderedProblems([...problems, ...items.flatMap((item) => item.problems)]);
const ticketsOf = (scan: Scan) => scan.items.map(({ content }) => content?.tickets.map((t) => t.externalId));

describe('scanFolder', () => {
  it('reads work efforts with their tickets, also from folders between', async () => {
    await workEffort('aaaa', 2);
    await workEffort('bbbb', 0, 'archive/2026');
    const scan = scanFolder(root);
    expect(ids(scan)).toEqual(['WE-260101-aaaa', 'WE-260101-bbbb']);
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001', 'TKT-aaaa-002'], []]);
    expect(scan.items[0]!.content!.description).toBe('Do WE-260101-aaaa.');
    expect(problemsOf(scan)).toEqual([]);
  });

  it('leaves strays alone', async () => {
    const folder = await workEffort('aaaa', 1);
    await write('README.md', 'hello');
    await write('devlog.md', Buffer.from([0, 1, 2]));
    await write('WE-notes.md', 'not a folder');
    await write(join(folder, 'notes.txt'), 'x');
    await write(join(folder, 'tickets/README.md'), 'x');
    await write(join(folder, 'tickets/.TKT-aaaa-002_x.md.swp'), 'x');
    await write(join(folder, 'tickets/done/TKT-aaaa-009_x.md'), ticket('TKT-aaaa-009'));
    await workEffort('cccc', 0, '.git/objects');
    await workEffort('dddd', 0, 'node_modules/thing');
    const scan = scanFolder(root);
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001']]);
    expect(problemsOf(scan)).toEqual([]);
  });

  it('reports each bad file with its path and reason, and goes on', async () => {
    const folder = await workEffort('aaaa', 1);
    await write(join(folder, 'tickets/TKT-aaaa-002_x.md'), 'no front matter');
    await write(join(folder, 'tickets/TKT-aaaa-003_x.md'), '---\ntitle: a: b\n---\n');
    await write(join(folder, 'tickets/TKT-aaaa-004_x.md'), Buffer.from([0xff, 0xd8, 0, 0]));
    await write(join(folder, 'tickets/TKT-aaaa-005_x.md'), Buffer.alloc(10_000_000, 'x'));
    await write(join(folder, 'tickets/TKT-aaaa_x.md'), ticket('TKT-aaaa-006'));
    await write(join(folder, 'tickets/TKT-aaaa-007_x.md'), ticket('TKT-aaaa-001'));
    await mkdir(join(root, folder, 'tickets/TKT-aaaa-008_x.md'));
    await write('WE-260101-bbbb_x/WE-260101-bbbb_index.md', '---\nid: [\n---\n');
    await write('WE-260101-cccc_x/notes.md', '');
    await write('WE-20260101-dddd_x/WE-20260101-dddd_index.md', index('WE-260101-dddd'));
    await workEffort('eeee');
    const scan = scanFolder(root);
    expect(ids(scan)).toEqual(['WE-260101-aaaa', 'WE-260101-eeee']);
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001'], []]);
    const tickets = join(folder, 'tickets');
    expect(problemsOf(scan)).toEqual([
      { path: 'WE-20260101-dddd_x', reason: 'has a name that is not WE-YYMMDD-xxxx_title' },
      { path: `${tickets}/TKT-aaaa-002_x.md`, reason: 'has no front matter: its first line is not ---' },
      { path: `${tickets}/TKT-aaaa-003_x.md`, reason: expect.stringContaining('not YAML: line 2') },
      { path: `${tickets}/TKT-aaaa-004_x.md`, reason: 'is not text: it holds NUL bytes' },
      { path: `${tickets}/TKT-aaaa-005_x.md`, reason: 'is larger than 1048576 bytes' },
      { path: `${tickets}/TKT-aaaa-007_x.md`, reason: 'has the id TKT-aaaa-001, as another ticket has; not used' },
      { path: `${tickets}/TKT-aaaa-008_x.md`, reason: 'is not a regular file' },
      { path: `${tickets}/TKT-aaaa_x.md`, reason: 'has a name that is not TKT-xxxx-NNN_title.md' },
      { path: 'WE-260101-bbbb_x/WE-260101-bbbb_index.md', reason: expect.stringContaining('not YAML') },
      { path: 'WE-260101-cccc_x', reason: 'has no index file: no WE-260101-cccc_index.md' },
    ]);
  });

  it('follows links inside, refuses those that leave, and is not led in circles', async () => {
    const folder = await workEffort('aaaa', 1);
    await mkdir(join(base, 'outside'));
    await writeFile(join(base, 'outside/TKT-aaaa-009_x.md'), ticket('TKT-aaaa-009'));
    await write('pool/ticket.md', ticket('TKT-aaaa-002'));
    await symlink(join(root, 'pool/ticket.md'), join(root, folder, 'tickets/TKT-aaaa-002_link.md'));
    await symlink('../../../outside/TKT-aaaa-009_x.md', join(root, folder, 'tickets/TKT-aaaa-009_x.md'));
    await symlink('TKT-aaaa-010_x.md', join(root, folder, 'tickets/TKT-aaaa-010_x.md'));
    await symlink('nowhere', join(root, folder, 'tickets/TKT-aaaa-011_x.md'));
    await symlink(join(base, 'outside'), join(root, 'outside'));
    await symlink(base, join(root, 'node_modules'));
    await symlink('.', join(root, 'again'));
    await symlink('..', join(root, 'pool/up'));
    const scan = scanFolder(root);
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001', 'TKT-aaaa-002']]);
    expect(problemsOf(scan)).toEqual([
      { path: `${folder}/tickets/TKT-aaaa-009_x.md`, reason: 'is a link that leaves the source; not followed' },
      { path: `${folder}/tickets/TKT-aaaa-010_x.md`, reason: 'is a link that leads in a circle' },
      { path: `${folder}/tickets/TKT-aaaa-011_x.md`, reason: 'is gone, or a link to nothing' },
      { path: 'outside', reason: 'is a link that leaves the source; not followed' },
    ]);
  });

  it('does not wait at a pipe', async () => {
    const folder = await workEffort('aaaa', 1);
    execFileSync('mkfifo', [join(root, folder, 'tickets/TKT-aaaa-002_x.md')]);
    const scan = scanFolder(root);
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001']]);
    expect(problemsOf(scan)).toEqual([
      { path: `${folder}/tickets/TKT-aaaa-002_x.md`, reason: 'is not a regular file' },
    ]);
  });

  it('takes the first of two work efforts with one id', async () => {
    await workEffort('aaaa', 1);
    await workEffort('aaaa', 2, 'copy');
    const scan = scanFolder(root);
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001']]);
    expect(problemsOf(scan)).toEqual([
      {
        path: 'copy/WE-260101-aaaa_some_title',
        reason: 'has the id WE-260101-aaaa, as "WE-260101-aaaa_some_title" has; not used',
      },
    ]);
  });

  it('does not parse again what has not changed, and still knows its problems', async () => {
    const folder = await workEffort('aaaa', 1);
    const other = await workEffort('bbbb', 1);
    await write(join(folder, 'tickets/TKT-aaaa-002_x.md'), 'bad');
    const first = scanFolder(root);
    const known = first.items;
    await write(join(other, 'tickets/TKT-bbbb-001_step.md'), ticket('TKT-bbbb-001') + 'more');
    const second = scanFolder(root, { known });
    expect(second.items.map(({ content }) => content === null)).toEqual([true, false]);
    expect(ids(second)).toEqual(ids(first));
    expect(problemsOf(second)).toEqual(problemsOf(first));
    expect(problemsOf(second)).toHaveLength(1);
  });

  /** Sets the times of all files back, as if nobody had written them for a while. */
  const settle = async (folder: string) => {
    for (const name of await readdir(join(root, folder), { recursive: true }))
      await utimes(join(root, folder, name), 1, 1);
    const later = Date.now() + 60_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
  };

  it('does not even read again what is in the state that it was in', async () => {
    const folder = await workEffort('aaaa', 2);
    const index = join(root, folder, 'WE-260101-aaaa_index.md');
    expect(scanFolder(root).items[0]!.stamp).toBeNull();
    await settle(folder);
    const known = scanFolder(root).items;
    expect(known[0]!.stamp).toEqual(expect.any(String));
    const second = scanFolder(root, { known }).items[0]!;
    expect(second).toEqual({ ...known[0], content: null });
    // It would be found out by a reading that its hash is not what is known.
    const [other] = scanFolder(root, { known: [{ ...known[0]!, hash: 'other' }] }).items;
    expect(other).toEqual({ ...known[0], hash: 'other', content: null });

    const text = await readFile(index, 'utf8');
    await writeFile(index, text.replace('active', 'paused'));
    await utimes(index, 1, 1);
    expect(scanFolder(root, { known }).items[0]!.content).toMatchObject({ status: 'planned' });
  });

  it.each([
    ['a ticket is gone', (tickets: string) => rm(join(tickets, 'TKT-aaaa-001_step.md'))],
    ['a ticket is new', (tickets: string) => writeFile(join(tickets, 'TKT-aaaa-003_x.md'), ticket('TKT-aaaa-003'))],
    [
      'a ticket took the place of another',
      (tickets: string) => rename(join(tickets, 'TKT-aaaa-002_step.md'), join(tickets, 'TKT-aaaa-001_step.md')),
    ],
    ['a ticket may not be read any more', (tickets: string) => mkdir(join(tickets, 'TKT-aaaa-003_x.md'))],
  ])('reads again where %s', async (_what, change) => {
    const folder = await workEffort('aaaa', 2);
    await settle(folder);
    const known = scanFolder(root).items;
    await change(join(root, folder, 'tickets'));
    expect(scanFolder(root, { known }).items[0]!.content).not.toBeNull();
  });

  it('parses again what was renamed', async () => {
    const folder = await workEffort('aaaa', 1);
    const known = scanFolder(root).items;
    await rename(
      join(root, folder, 'tickets/TKT-aaaa-001_step.md'),
      join(root, folder, 'tickets/TKT-aaaa-001_done.md'),
    );
    expect(scanFolder(root, { known }).items[0]!.content).not.toBeNull();
  });

  it.each([
    [{ entries: 5 }, 'has more than 5 files; the rest is not read'],
    [{ workEfforts: 2 }, 'has more than 2 work efforts; the rest is not read'],
  ])('stops at its limits and says so: %j', async (limit, reason) => {
    for (const letters of ['aaaa', 'bbbb', 'cccc']) await workEffort(letters, 1);
    const scan = scanFolder(root, { limits: { ...limits, ...limit } });
    expect(scan.items.length).toBeLessThan(3);
    expect(problemsOf(scan)).toContainEqual({ path: '.', reason });
  });

  it('reads as many tickets as the limit allows, and levels', async () => {
    const folder = await workEffort('aaaa', 3);
    await workEffort('bbbb', 0, 'a/b/c');
    const scan = scanFolder(root, { limits: { ...limits, ticketsPerWorkEffort: 2, depth: 2 } });
    expect(ticketsOf(scan)).toEqual([['TKT-aaaa-001', 'TKT-aaaa-002']]);
    expect(problemsOf(scan)).toEqual([
      {
        path: '.',
        reason: 'has folders more than 3 levels down, the first "a/b/c"; they are not read',
      },
      { path: `${folder}/tickets`, reason: 'has more than 2 tickets; the rest is not read' },
    ]);
  });

  it('says once that folders lie too deep', async () => {
    await workEffort('aaaa', 0, 'a/b/c/d');
    await workEffort('bbbb', 0, 'a/b/c/d/e');
    await workEffort('cccc', 0, 'a/b/c/d/f');
    const scan = scanFolder(root);
    expect(ids(scan)).toEqual(['WE-260101-aaaa']);
    expect(problemsOf(scan)).toEqual([
      { path: '.', reason: 'has folders more than 5 levels down, the first "a/b/c/d/e"; they are not read' },
    ]);
  });

  it('says that it should be the folder above where it is a work effort itself', async () => {
    const folder = await workEffort('aaaa', 1);
    const scan = scanFolder(join(root, folder));
    expect(scan.items).toEqual([]);
    expect(problemsOf(scan)).toEqual([
      { path: '.', reason: 'is a work effort itself and not read as one; point at the folder above it' },
    ]);
  });

  it('keeps what is known of a work effort that can not be read, and lets no copy take its place', async () => {
    const folder = await workEffort('aaaa', 1);
    await workEffort('bbbb');
    const known = scanFolder(root).items;
    await workEffort('aaaa', 2, 'copy');
    await write(join(folder, 'WE-260101-aaaa_index.md'), '---\ntitle: "broken\n');
    const scan = scanFolder(root, { known });
    expect(scan.items).toEqual(known.map((item) => expect.objectContaining({ ...item, content: null })));
    expect(problemsOf(scan).map(({ path }) => path)).toEqual([
      join(folder, 'WE-260101-aaaa_index.md'),
      join('copy', folder),
    ]);
  });

  it('keeps what is known below a folder that can not be listed', async () => {
    await workEffort('aaaa', 1, 'team/a');
    await workEffort('bbbb', 0, 'teams');
    const known = scanFolder(root).items;
    await rm(join(root, 'teams'), { recursive: true });
    const list = FolderReader.prototype.list;
    jest.spyOn(FolderReader.prototype, 'list').mockImplementation(function (this: FolderReader, folder) {
      if (folder.path === 'team') throw new Unreadable('may not be read');
      return list.call(this, folder);
    });
    const scan = scanFolder(root, { known });
    expect(scan.items).toEqual([{ ...known[0], content: null }]);
    expect(problemsOf(scan)).toEqual([{ path: 'team', reason: 'may not be read' }]);
  });

  it('takes no work effort for there whose index is gone', async () => {
    const folder = await workEffort('aaaa', 1);
    const known = scanFolder(root).items;
    await rm(join(root, folder, 'WE-260101-aaaa_index.md'));
    expect(scanFolder(root, { known }).items).toEqual([]);
  });

  it('counts the tickets that it can not read, but not copies of others', async () => {
    const folder = await workEffort('aaaa', 2);
    await write(join(folder, 'tickets/TKT-aaaa-003_x.md'), 'no front matter');
    await write(join(folder, 'tickets/TKT-aaaa_x.md'), ticket('TKT-aaaa-006'));
    await write(join(folder, 'tickets/TKT-aaaa-007_x.md'), ticket('TKT-aaaa-001'));
    expect(scanFolder(root).items[0]!.content).toMatchObject({ unreadTickets: 2 });
  });

  it('fails as a whole when the folder is gone', async () => {
    await workEffort('aaaa');
    await rm(root, { recursive: true });
    expect(() => scanFolder(root)).toThrow(Unreadable);
  });
});
