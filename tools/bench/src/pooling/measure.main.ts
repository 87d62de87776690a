// The process of one contestant.
import type { Measured } from '../contest/contest.ts';
import { callsPerSecond, syncCallsPerSecond } from '../contest/loops.ts';
import { serveJobs } from '../contest/serve-jobs.ts';
import type { OpenPool } from './contestant.ts';
import { contestants } from './contestants/index.ts';
import type { Job } from './job.ts';

async function measured(pool: OpenPool, { seconds, callers }: Job): Promise<Measured> {
  const turn = async (): Promise<void> => pool.release(await pool.acquire()) as void;
  const perSecond = await callsPerSecond(seconds, callers, turn);
  const { tryAcquire } = pool;
  if (!tryAcquire || callers > 1) return { perSecond };
  return { perSecond, syncPerSecond: syncCallsPerSecond(seconds, () => void pool.release(tryAcquire()!)) };
}

serveJobs(async (job: Job) => {
  const open = await contestants[job.contestant].load();
  const pool = await open(job.resources);
  try {
    return await measured(pool, job);
  } finally {
    await pool.close();
  }
});
