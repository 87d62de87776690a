import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** One answer of GitHub's, as `@octokit/fixtures` has it. */
interface Recording {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly response: unknown;
  readonly headers: Readonly<Record<string, string | number>>;
}

/** A server that answers with what GitHub once answered, at its own address. */
export interface RecordedGithub {
  readonly baseUrl: string;
  /** The addresses that were asked for, in their order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

const folder = createRequire(import.meta.url)
  .resolve('@octokit/fixtures/package.json')
  .replace('package.json', '');
const ADDRESS = 'https://api.github.com';
/** Of the body, which is written anew. */
const LEFT_OUT = new Set(['content-length', 'connection']);

/**
 * Serves the GET requests of a scenario: by path and page, since what else a client asks in its query is its own. What the
 * scenario has no answer for is 404.
 */
export async function recordedGithub(scenario: string): Promise<RecordedGithub> {
  const file = `${folder}scenarios/api.github.com/${scenario}/normalized-fixture.json`;
  const recordings = JSON.parse(await readFile(file, 'utf8')) as Recording[];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const found = recordings.find(({ method, path }) => method === 'get' && keyOf(path) === keyOf(request.url!));
    const headers = Object.entries(found?.headers ?? {}).filter(([name]) => !LEFT_OUT.has(name));
    const moved = (text: string): string => text.replaceAll(ADDRESS, baseUrl);
    response.writeHead(
      found?.status ?? 404,
      Object.fromEntries(headers.map(([name, value]) => [name, moved(String(value))])),
    );
    response.end(moved(JSON.stringify(found?.response ?? { message: 'Not Found' })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl,
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keyOf(path: string): string {
  const url = new URL(path, ADDRESS);
  return `${url.pathname} ${url.searchParams.get('page') ?? '1'}`;
}
