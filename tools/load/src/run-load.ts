import { setMaxListeners } from 'node:events';
import type { LoadArguments } from './arguments/read-arguments.ts';
import { bottleneckOf, watchGenerator } from './observe/generator-health.ts';
import { memoryOf, sampleMemory, type MemorySample, type WatchedProcess } from './observe/memory.ts';
import { operationSequence, type Operations } from './operations/operation.ts';
import { Recorder } from './record/recorder.ts';
import type { LoadResult } from './report/result.ts';
import { runSchedule } from './schedule/run-schedule.ts';
import { judge } from './verdict/thresholds.ts';

/** Plots have at most so many points, however long the run. */
const MAX_INTERVALS = 240;
const BARS = 48;

type Plan = Pick<LoadArguments, 'seconds' | 'warmUpSeconds' | 'users' | 'rate' | 'mix' | 'timeoutMs' | 'thresholds'> & {
  readonly scenario: { readonly name: string };
};

export interface LoadSurroundings {
  readonly operations: Operations;
  readonly url: string;
  readonly processes: readonly WatchedProcess[];
  /** Ends the run before its time; what was measured so far is the result, and it has not passed. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Runs a plan against a server: the warm-up and what is measured are one schedule without a gap. */
export async function runLoad(plan: Plan, { operations, url, processes, signal, say }: LoadSurroundings) {
  setMaxListeners(0, signal);
  const { warmUpSeconds, users, rate, timeoutMs } = plan;
  const recorder = new Recorder();
  const operationOf = operationSequence(plan.mix);
  const begin = new Date(Date.now() + warmUpSeconds * 1_000);
  const startedAt = performance.now();
  const measuredSeconds = (): number => (performance.now() - startedAt) / 1_000 - warmUpSeconds;
  const watched = watchMemory(processes, plan.seconds, measuredSeconds, (now) => recorder.closeInterval(now));
  const generator = watchGenerator();
  say(`${users} users, ${rate} requests/s, ${warmUpSeconds} s to warm up and ${plan.seconds} s that count`);
  const schedule = { users, rate, seconds: warmUpSeconds + plan.seconds, timeoutMs, operationOf };
  await runSchedule(
    schedule,
    operations,
    (ending) => {
      if (ending.intendedMs >= warmUpSeconds * 1_000) recorder.add(ending);
    },
    signal,
  );
  const generatorFigures = generator.stop();
  const samples = watched.stop();
  return resultOf({ plan, url, begin, recorder, generatorFigures, processes, samples, stoppedEarly: signal.aborted });
}

interface Measured {
  readonly plan: Plan;
  readonly url: string;
  readonly begin: Date;
  readonly recorder: Recorder;
  readonly generatorFigures: LoadResult['generator'];
  readonly processes: readonly WatchedProcess[];
  readonly samples: readonly MemorySample[];
  readonly stoppedEarly: boolean;
}

function resultOf({ plan, url, begin, recorder, generatorFigures, processes, samples, stoppedEarly }: Measured) {
  const planned =
    Math.ceil(plan.rate * (plan.warmUpSeconds + plan.seconds)) - Math.ceil(plan.rate * plan.warmUpSeconds);
  const memory = memoryOf(processes, samples);
  const requestsPerSecond = recorder.succeeded / plan.seconds;
  const figures = {
    latency: recorder.latency,
    errorShare: planned === 0 ? 0 : recorder.failed / planned,
    throughputShare: requestsPerSecond / (planned / plan.seconds),
    memory,
  };
  const checks = judge(plan.thresholds, figures);
  const result: LoadResult = {
    ...{ scenario: plan.scenario.name, url, beganAt: begin.toISOString(), stoppedEarly },
    asked: { users: plan.users, requestsPerSecond: plan.rate, seconds: plan.seconds, mix: plan.mix },
    requests: { planned, succeeded: recorder.succeeded, failed: recorder.failed },
    ...{ errors: recorder.errors, errorShare: figures.errorShare },
    throughput: { requestsPerSecond, shareOfAsked: figures.throughputShare },
    ...{ latency: figures.latency, operations: recorder.operations, misses: recorder.misses },
    ...{ intervals: recorder.intervals, histogram: recorder.bars(BARS), memory, memorySamples: samples },
    generator: generatorFigures,
    bottleneck: bottleneckOf(generatorFigures, { generator: recorder.misses.generator, planned }),
    ...{ checks, passed: !stoppedEarly && checks.every(({ met }) => met) },
  };
  return result;
}

/** Samples memory and closes an interval at an even pace, until `stop`. */
function watchMemory(
  processes: readonly WatchedProcess[],
  seconds: number,
  measuredSeconds: () => number,
  onInterval: (now: number) => void,
): { stop(): MemorySample[] } {
  const samples: MemorySample[] = [];
  const intervalSeconds = Math.max(1, seconds / MAX_INTERVALS);
  const close = (now: number): void => {
    samples.push(sampleMemory(processes, now));
    onInterval(now);
  };
  const tick = (): void => {
    const now = measuredSeconds();
    // What is left at either end belongs to the interval beside it, also what ends after the schedule: short ones would look slow.
    if (now > intervalSeconds / 2 && now < seconds - intervalSeconds / 2) close(now);
  };
  const timer = setInterval(tick, intervalSeconds * 1_000);
  return {
    stop: () => {
      clearInterval(timer);
      close(Math.max(0, Math.min(seconds, measuredSeconds())));
      return samples;
    },
  };
}
