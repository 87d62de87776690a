import { parentPort } from 'node:worker_threads';

// A thread that ends with the first thing it is asked.
parentPort?.on('message', () => process.exit(1));
