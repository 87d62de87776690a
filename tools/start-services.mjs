// npm run start:services: sets up what is missing, then runs the four services as processes over NATS.
import { planServices } from './setup/services.mjs';
import { setUp } from './setup/set-up.mjs';
import { onStopSignals } from './setup/stop-signals.mjs';
import { Supervisor } from './setup/supervisor.mjs';
import { say } from './setup/workspace.mjs';

const readyDeadlineMs = 120_000;

function planOrExit() {
  try {
    return planServices(process.env);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

const { groups, stopCeilingMs } = planOrExit();
await setUp();
const supervisor = new Supervisor(groups, { output: process.stdout, say, stopCeilingMs });

/** @type {Promise<boolean> | undefined} */
let stopping;
/** @param {number} whenClean */
async function stopAndExit(whenClean) {
  stopping ??= supervisor.stop();
  process.exit((await stopping) ? whenClean : 1);
}

onStopSignals({
  onStop: (signal) => {
    say(`${signal}: stopping the gateways, then training, reports and budget`);
    void stopAndExit(0);
  },
  onForce: (signal) => {
    say(`${signal} again: ending everything at once`);
    void supervisor.force();
  },
});

try {
  const [gateway] = await supervisor.start(readyDeadlineMs);
  // What listens everywhere is reached on this machine by its loopback address.
  process.stdout.write(`Purser is ready on ${gateway?.replace('//0.0.0.0', '//127.0.0.1')}\n`);
} catch (error) {
  if (!stopping) say(error instanceof Error ? error.message : String(error));
  await stopAndExit(1);
}
