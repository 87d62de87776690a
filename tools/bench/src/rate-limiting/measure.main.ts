// The process of one contestant.
import type { Measured } from '../contest/contest.ts';
import { garbageCollector, usedBytes } from '../contest/heap.ts';
import { callsPerSecond, syncCallsPerSecond } from '../contest/loops.ts';
import { serveJobs } from '../contest/serve-jobs.ts';
import type { OpenLimiter } from './contestant.ts';
import { contestants } from './contestants/index.ts';
import type { Job } from './job.ts';

/** A prime that no number of clients here is a multiple of: each has its turn as often, and its neighbour not next. */
const STRIDE = 7_919;
/** What is measured is being let through. */
const NEVER_REFUSED = 1_000_000_000;
/** So few that a bucket that was taken of is not full again at once, and so not forgotten. */
const COMMON = 60;

async function takes(limiter: OpenLimiter, job: Extract<Job, { measure: 'takes' }>): Promise<Measured> {
  const { clients: count, inFlight, limits, seconds } = job;
  const clients = Array.from({ length: count }, (_, at) => `key-${at}`);
  const call = limits === 1 ? limiter.take : limiter.takeThree!;
  let at = 0;
  const next = (): string => clients[(at = (at + STRIDE) % count)]!;
  const perSecond = await callsPerSecond(seconds, inFlight, () => call(next()));
  const { takeNow } = limiter;
  if (!takeNow || limits !== 1 || inFlight !== 1) return { perSecond };
  return { perSecond, syncPerSecond: syncCallsPerSecond(seconds, () => void takeNow(next())) };
}

async function memory(limiter: OpenLimiter, { clients }: Extract<Job, { measure: 'memory' }>): Promise<Measured> {
  const collect = garbageCollector();
  // What the code itself takes is there before.
  await limiter.take('warm-up');
  const before = await usedBytes(collect);
  for (let at = 0; at < clients; at++) await limiter.take(`key-${at}`);
  return { bytesEach: ((await usedBytes(collect)) - before) / clients };
}

serveJobs(async (job: Job) => {
  const open = await contestants[job.contestant].load();
  const limiter = await open(job.place, job.measure === 'takes' ? NEVER_REFUSED : COMMON);
  try {
    return await (job.measure === 'takes' ? takes(limiter, job) : memory(limiter, job));
  } finally {
    await limiter.close();
  }
});
