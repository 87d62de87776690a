import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentPort } from 'node:worker_threads';

// A thread that hangs in a call on a path named `pipe` until somebody writes there, as on a file system that is away. It
// says before that it will, by a file named `hangs` beside it.
parentPort?.on('message', ({ path }: { path: string }) => {
  if (basename(path) === 'pipe') {
    const handle = openSync(path, 'r+');
    writeFileSync(join(dirname(path), 'hangs'), '');
    readSync(handle, Buffer.alloc(1));
    closeSync(handle);
  }
  parentPort?.postMessage({ scan: { items: [], problems: [], folders: [path], fileSystem: 0, kept: new Map() } });
});
