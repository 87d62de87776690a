import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openCaches } from '@purser/caching';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import fc from 'fast-check';
import { openCacheOnDisk } from '../cache-on-disk.ts';
import type { Item } from '../items/item.ts';
import { FolderReader } from './folder-reader.ts';
import { noMemory, type FileMemory, type KeptFiles } from './kept-files.ts';
import { ParsedFiles } from './parsed-files.ts';
import { scanFolder } from './scan.ts';
import { ScanThreads } from './scan-threads.ts';

const EFFORT = 'WE-260101-aaaa_some_title';
const INDEX = `${EFFORT}/WE-260101-aaaa_index.md`;
const ticket = (n: number) => `${EFFORT}/tickets/TKT-aaaa-${String(n).padStart(3, '0')}_step.md`;

let base: TemporaryFolder;
let root: string;
beforeEach(async () => {
  base = await temporaryFolder();
  root = join(base.path, 'work');
  await write(INDEX, '---\ntitle: all of it\ncreated: 2026-01-02\n---\n## Objective\nDo it.\n');
  for (let n = 1; n <= 10; n += 1) await write(ticket(n), `---\ncreated: 2026-01-0${n % 9}\nstatus: done\n---\n`);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await base.remove();
});

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Lets the files rest: looks that follow are made so much later. */
function rest(ms = 10_000): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

/** Remembers as the cache does: what comes back is JSON. */
class TestMemory implements FileMemory {
  readonly kept = new Map<string, string>();

  recall(folderKey: string): KeptFiles | undefined {
    const json = this.kept.get(folderKey);
    return json === undefined ? undefined : (JSON.parse(json) as KeptFiles);
  }

  keep(folderKey: string, files: KeptFiles): void {
    this.kept.set(folderKey, JSON.stringify(files));
  }
}

const known = (items: readonly Item[]) => items.map(({ content: _content, ...item }) => item);

/** A scan after `items`, and the names of the files that it read. */
function scanAfter(items: readonly Item[], memory: FileMemory, folder = root) {
  const read = jest.spyOn(FolderReader.prototype, 'read');
  const scan = scanFolder(folder, { known: known(items), memory });
  const files = read.mock.calls.map(([{ path }]) => path);
  read.mockRestore();
  return { ...scan, read: files };
}

describe('of a work effort in which one file has changed', () => {
  it('that one is read again, and what comes of it is what reading all of them gives', async () => {
    const memory = new TestMemory();
    rest();
    const first = scanAfter([], memory);
    expect(first.read).toHaveLength(11);
    await write(ticket(3), '---\ntitle: other\nstatus: blocked\n---\n');
    rest();
    const second = scanAfter(first.items, memory);
    expect(second.read).toEqual([ticket(3)]);
    expect(second.items).toEqual(scanFolder(root).items);
    expect(second.items[0]!.content!.tickets[2]).toMatchObject({ title: 'other', status: 'blocked' });
  });

  it('none is read by another source that overlaps, once the first has read it', async () => {
    const memory = new TestMemory();
    rest();
    const inner = join(root, '..');
    const [first, other] = [scanAfter([], memory), scanAfter([], memory, inner)];
    await write(ticket(3), '---\ntitle: other\n---\n');
    rest();
    expect(scanAfter(first.items, memory).read).toHaveLength(1);
    const again = scanAfter(other.items, memory, inner);
    expect(again.read).toEqual([]);
    expect(again.items).toEqual(scanFolder(inner).items);
  });

  it('those are read again too that were written when they were read', async () => {
    const memory = new TestMemory();
    const then = new Date(Date.now() - 60_000);
    rest(0);
    const first = scanAfter([], memory);
    await write(ticket(3), '---\ntitle: other\n---\n');
    rest();
    const second = scanAfter(first.items, memory);
    expect(second.read).toHaveLength(11);
    await utimes(join(root, ticket(4)), then, then);
    await write(ticket(3), '---\ntitle: another\n---\n');
    rest();
    expect(scanAfter(second.items, memory).read).toEqual([ticket(3), ticket(4)]);
  });

  it('all are read where nothing is remembered', async () => {
    rest();
    const first = scanAfter([], noMemory);
    await write(ticket(3), '---\ntitle: other\n---\n');
    expect(scanAfter(first.items, noMemory).read).toHaveLength(11);
  });
});

it('what was made of files outlives a restart', async () => {
  const open = async () =>
    openCaches({ tiers: await openCacheOnDisk({ folder: join(base.path, 'cache'), maxBytes: 10_000_000 }) });
  rest();
  const memory = new TestMemory();
  const first = scanAfter([], memory);
  const [[folderKey, json]] = [...memory.kept] as [[string, string]];
  const before = await open();
  await new ParsedFiles(before).keep(new Map([[folderKey, JSON.parse(json) as KeptFiles]]));
  await before.close();
  await write(ticket(3), '---\ntitle: other\n---\n');
  rest();
  const after = await open();
  const recalled = await new ParsedFiles(after).recall(folderKey);
  await after.close();
  const again = scanAfter(first.items, { recall: () => recalled, keep: () => undefined });
  expect(again.read).toEqual([ticket(3)]);
  expect(again.items).toEqual(scanFolder(root).items);
});

it('one folder that is found under two names is remembered by both', async () => {
  const memory = new TestMemory();
  await symlink(join(root, EFFORT), join(root, 'WE-260101-aaaa_other_words'));
  await write(INDEX, '---\nstatus: active\n---\n');
  rest();
  const first = scanAfter([], memory);
  await write(ticket(1), '---\nstatus: todo\n---\n');
  rest();
  expect(scanAfter(first.items, memory).items).toEqual(scanFolder(root, { known: known(first.items) }).items);
});

const CONTENTS = [
  '---\ntitle: a\nstatus: done\n---\n',
  '---\nid: TKT-aaaa-002\ncreated: 2026-02-03T04:05:06Z\n---\n',
  '---\ntitle: [a\n---\n',
  '---\ncreated: never\nassigned_to: [x]\n---\n',
  'no front matter',
  '\0',
];
const edit = fc.record({ n: fc.integer({ min: 0, max: 12 }), content: fc.option(fc.constantFrom(...CONTENTS)) });

it('remembering changes nothing of what is read, whatever is written meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(edit, { maxLength: 3 }), { maxLength: 5 }), async (rounds) => {
      const memory = new TestMemory();
      let items: readonly Item[] = [];
      for (const edits of rounds) {
        for (const { n, content } of edits) {
          const path = n === 0 ? INDEX : ticket(n);
          if (content === null) await rm(join(root, path), { force: true });
          else await write(path, content);
        }
        rest();
        const scan = scanFolder(root, { known: known(items), memory });
        expect(scan).toEqual(scanFolder(root, { known: known(items) }));
        items = scan.items;
        jest.restoreAllMocks();
      }
    }),
    { numRuns: 60 },
  );
});

it('threads that scan remember through the cache, and do without it where it does not answer', async () => {
  const caches = await openCaches();
  const parsed = new ParsedFiles(caches);
  const asked: string[] = [];
  let answers = true;
  const threads = new ScanThreads((folderKey) => {
    asked.push(folderKey);
    return answers ? parsed.recall(folderKey) : new Promise(() => {});
  });
  const scan = (items: readonly Item[]) =>
    threads.scan({ path: root, roots: [], known: known(items) }, AbortSignal.timeout(20_000));
  try {
    const then = new Date(Date.now() - 60_000);
    const first = await scan([]);
    await parsed.keep(first.kept);
    await write(ticket(3), '---\ntitle: other\n---\n');
    await utimes(join(root, ticket(3)), then, then);
    const second = await scan(first.items);
    expect(asked).toEqual([...first.kept.keys()]);
    expect(second.items[0]!.content!.tickets[2]).toMatchObject({ title: 'other' });
    answers = false;
    await write(ticket(3), '---\ntitle: another\n---\n');
    const third = await scan(second.items);
    expect(asked).toHaveLength(2);
    expect(third.items[0]!.content!.tickets[2]).toMatchObject({ title: 'another' });
  } finally {
    threads.close();
    await caches.close();
  }
});
