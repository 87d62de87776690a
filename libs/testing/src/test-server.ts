import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';

const START_TIMEOUT_MS = 120_000;

export interface TestServer {
  /** A PostgreSQL on which databases may be made and dropped. */
  readonly url: string;
  /** Every database of this run begins with it, so that the run's end can remove them all. */
  readonly prefix: string;
}

let server: Promise<TestServer> | undefined;

/** The run's PostgreSQL; the first who asks makes it start. */
export function testServer(): Promise<TestServer> {
  server ??= askBroker();
  return server;
}

async function askBroker(): Promise<TestServer> {
  const { PURSER_TEST_BROKER: broker, PURSER_TEST_RUN: run } = process.env;
  if (!broker || !run) {
    throw new Error("No test run has begun: the project's jest.config.js has to stand on jest.preset.js.");
  }
  const socket = createConnection(broker);
  socket.write('database');
  socket.setTimeout(START_TIMEOUT_MS, () => socket.destroy(new Error('The test database did not start in time')));
  const answer = JSON.parse(await text(socket)) as { url?: string; error?: string };
  if (!answer.url) throw new Error(`The test database could not be started: ${answer.error}`);
  return { url: answer.url, prefix: `purser_test_${run}_` };
}
