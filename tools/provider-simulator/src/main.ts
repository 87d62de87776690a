import { parseArgs } from 'node:util';
import { SettingsError } from './settings.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';

const USAGE = `Usage: node main.js [options]
  --port <number>        port to listen on (default 0: a free one)
  --host <address>       address to listen on (default 127.0.0.1)
  --seed <text>          what all answers follow from (default 1)
  --config <json>        settings, as POST /simulator/config takes them
  --instant              answer chat completions with the same bytes, unread: for benchmarks
  --exit-with-parent     exit when the IPC channel, or without one standard input, closes
`;

/** Usage errors end the process with this code. */
const EXIT_USAGE = 2;

interface Arguments {
  readonly options: SimulatorOptions;
  readonly exitWithParent: boolean;
}

/** @throws {Error} with a message for the user when an argument is unknown or not allowed */
function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string' },
      seed: { type: 'string' },
      config: { type: 'string', default: '{}' },
      instant: { type: 'boolean' },
      'exit-with-parent': { type: 'boolean', default: false },
    },
  });
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) throw new Error('--port must be from 0 to 65535');
  const { host, seed, instant } = values;
  const options = { ...settingsIn(values.config), port: Number(values.port), host, seed, instant };
  return { options, exitWithParent: values['exit-with-parent'] };
}

function settingsIn(json: string): object {
  const settings: unknown = JSON.parse(json);
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings;
  throw new Error('--config must be a JSON object');
}

/** However the parent ends, `kill -9` included, the system closes its end of what it shares with us. */
function watchParent(exit: () => void): void {
  if (process.channel !== undefined) {
    process.on('disconnect', exit);
    return;
  }
  process.stdin.on('end', exit);
  process.stdin.on('error', exit);
  process.stdin.resume();
}

async function main(): Promise<void> {
  let simulator: Simulator;
  let exitWithParent: boolean;
  try {
    const read = readArguments(process.argv.slice(2));
    exitWithParent = read.exitWithParent;
    simulator = await startSimulator(read.options);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const usage = error instanceof SettingsError || error instanceof SyntaxError || !/^E[A-Z]+$/.test(code);
    process.stderr.write(`${message}\n${usage ? USAGE : ''}`);
    process.exitCode = usage ? EXIT_USAGE : 1;
    return;
  }
  const exit = () => {
    simulator.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', exit);
  process.once('SIGINT', exit);
  if (exitWithParent) watchParent(exit);
  process.stdout.write(`Simulator is ready on ${simulator.url}\n`);
}

await main();
