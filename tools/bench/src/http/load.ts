// The load generator's process: takes a job from its parent, answers with the result, and waits for the next.
import { percentile } from '../report/percentile.ts';
import { LoadConnection } from './load-connection.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import { requestBytes } from './request-bytes.ts';

/** Answers that have not come so long after the end of a job are given up. */
const LAST_ANSWERS_MS = 15_000;

async function run(job: LoadJob): Promise<LoadResult> {
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  const startedAt = performance.now();
  const endsAt = startedAt + job.seconds * 1_000;
  let late = 0;
  const failed = (what: string): void => void (failures[what] = (failures[what] ?? 0) + 1);
  const observer = {
    nextInMs: () => (performance.now() < endsAt ? 0 : undefined),
    answered: (status: number, latencyMs: number) => {
      if (status !== 200) return failed(`status ${status}`);
      if (performance.now() > endsAt) late++;
      else latencies.push(latencyMs);
    },
    failed,
  };
  const request = requestBytes(job);
  const connections = Array.from({ length: job.connections }, () => new LoadConnection(job.port, request, observer));
  const overdue = setTimeout(
    () => {
      failed('no answer in time');
      for (const connection of connections) connection.destroy();
    },
    endsAt - startedAt + LAST_ANSWERS_MS,
  );
  await Promise.all(connections.map(({ done }) => done));
  clearTimeout(overdue);
  const sorted = Float64Array.from(latencies).sort();
  return {
    served: sorted.length,
    servedInAll: sorted.length + late,
    requestsPerSecond: sorted.length / job.seconds,
    p50Ms: percentile(sorted, 0.5),
    p95Ms: percentile(sorted, 0.95),
    p99Ms: percentile(sorted, 0.99),
    failures,
  };
}

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
// What follows the parent let go of the channel, and nothing else keeps this process between two jobs.
process.channel?.ref();
process.stdout.write('load generator is ready on this channel\n');
