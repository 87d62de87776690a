import { parentPort } from 'node:worker_threads';

// A thread whose disk hangs: it never answers.
parentPort?.on('message', () => undefined);
