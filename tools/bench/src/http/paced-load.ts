// The paced load generator's process: takes a job from its parent, answers with the result, and waits for the next.
import type { PacedLoadJob, PacedLoadResult } from './paced-load-job.ts';
import { PacedRun } from './paced-run.ts';

/** For the connections to be made. */
const LEAD_MS = 200;
/** Answers that have not come so long after the end of a job are given up. */
const LAST_ANSWERS_MS = 15_000;

async function run({ streams, seconds }: PacedLoadJob): Promise<PacedLoadResult> {
  const startsAt = performance.now() + LEAD_MS;
  const runs = streams.map((stream) => new PacedRun(stream, startsAt, seconds));
  const overdue = setTimeout(() => runs.forEach((each) => each.giveUp()), LEAD_MS + seconds * 1_000 + LAST_ANSWERS_MS);
  await Promise.all(runs.map(({ done }) => done));
  clearTimeout(overdue);
  return runs.map((each) => each.result());
}

process.on('message', (job: PacedLoadJob) => {
  run(job).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
// What follows the parent let go of the channel, and nothing else keeps this process between two jobs.
process.channel?.ref();
process.stdout.write('paced load generator is ready on this channel\n');
