import { startNode } from '../processes/node-process.ts';
import type { BenchOptions } from '../report/bench.ts';
import { median } from '../report/percentile.ts';

/** What came of a job, by name: the median of several rounds is taken of each. */
export type Measured = Readonly<Record<string, number>>;

/** What the process of one contestant is asked to measure. */
export interface ContestJob {
  readonly contestant: string;
  readonly measure: string;
}

const LONGEST_JOB_MS = 600_000;
/** A million entries have room in it, whoever keeps them. */
const HEAP_MB = 8_192;

/**
 * Has each job done once a round, one after the other, so that what disturbs the machine disturbs all alike. Each runs in a
 * Node of its own: none is compiled, or collects garbage, because of another.
 *
 * @param script the program of that Node, which calls `serveJobs`
 * @returns the medians, in the order of the jobs
 */
export async function contest(
  script: string,
  jobs: readonly ContestJob[],
  { rounds, say }: Pick<BenchOptions, 'rounds' | 'say'>,
): Promise<Measured[]> {
  const measured: Measured[][] = jobs.map(() => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, job] of jobs.entries()) {
      say(`round ${round} of ${rounds}: ${job.measure}, ${job.contestant}`);
      measured[index]!.push(await inOwnProcess(script, job));
    }
  }
  return measured.map(mediansOf);
}

async function inOwnProcess(script: string, job: ContestJob): Promise<Measured> {
  const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` };
  const child = await startNode(script, { env, readyLine: /contestant is ready/ });
  try {
    return (await child.ask(job, LONGEST_JOB_MS)) as Measured;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${job.contestant}, ${job.measure}: ${what}`, { cause });
  } finally {
    await child.stop();
  }
}

/** The median of each figure. */
export function mediansOf(rounds: readonly Measured[]): Measured {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]!))]));
}
