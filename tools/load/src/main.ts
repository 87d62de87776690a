import { writeFile } from 'node:fs/promises';
import type { LoadArguments } from './arguments/read-arguments.ts';
import { readOrExplain } from './arguments/read-or-explain.ts';
import { httpOperations } from './operations/http-operations.ts';
import { htmlOf } from './report/html.ts';
import { textOf } from './report/text.ts';
import { runLoad } from './run-load.ts';
import { reachGivenPurser } from './target/given-purser.ts';
import { startOwnPurser } from './target/own-purser.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(load: LoadArguments, signal: AbortSignal): Promise<boolean> {
  if (!load.target) say('starting a Purser for the run');
  const ready = await (load.target ? reachGivenPurser(load.target) : startOwnPurser());
  try {
    const { operations, close } = httpOperations(ready.target, load.users);
    try {
      const { url } = ready.target;
      const result = await runLoad(load, { operations, url, processes: ready.processes, signal, say });
      if (load.json !== undefined) await writeFile(load.json, `${JSON.stringify(result, null, 2)}\n`);
      if (load.html !== undefined) await writeFile(load.html, htmlOf(result));
      process.stdout.write(`\n${textOf(result)}`);
      return result.passed;
    } finally {
      await close();
    }
  } finally {
    await ready.stop();
  }
}

function readOrExit(): LoadArguments {
  const read = readOrExplain(process.argv.slice(2));
  if (!('exitCode' in read)) return read;
  (read.exitCode === 0 ? process.stdout : process.stderr).write(read.text);
  process.exit(read.exitCode);
}

const load = readOrExit();
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    say(`${signal}: ending the load`);
    interrupted.abort();
  });
}
try {
  process.exitCode = (await main(load, interrupted.signal)) ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
