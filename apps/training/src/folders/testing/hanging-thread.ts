import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';

// A thread that hangs in a call on a path named `pipe` until somebody writes there, as on a file system that is away.
parentPort?.on('message', ({ path }: { path: string }) => {
  if (basename(path) === 'pipe') {
    const handle = openSync(path, 'r+');
    readSync(handle, Buffer.alloc(1));
    closeSync(handle);
  }
  parentPort?.postMessage({ scan: { items: [], problems: [], folders: [path], fileSystem: 0 } });
});
