import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, OperationName, Operations } from '../operations/operation.ts';
import { NOT_STARTED, TIMED_OUT, type Ending } from '../record/recorder.ts';

/** After the last intended start, for those that are late. */
const CATCH_UP_MS = 2_000;

export interface Schedule {
  readonly users: number;
  /** Planned requests a second, of all users together. */
  readonly rate: number;
  readonly seconds: number;
  /** How long an answer is waited for, from the real start of its request. */
  readonly timeoutMs: number;
  readonly operationOf: (index: number) => OperationName;
}

/**
 * Sends what is planned and tells of every ending.
 *
 * Request `i` is to start `i / rate` seconds after the begin, whatever became of those before it: the plan knows nothing of
 * the server. Users take turns; each acts every `users / rate` seconds and has one request under way at most, so no more
 * than `users` are ever outstanding. A user whose request takes longer than that starts the next one late, and its latency
 * counts from when it should have started. What has not started 2 s after the time is up is told as `not started`.
 *
 * Resolves when the last answer is here or given up; early when `signal` is aborted.
 */
export async function runSchedule(
  schedule: Schedule,
  operations: Operations,
  onEnding: (ending: Ending) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const users = Array.from({ length: schedule.users }, (_, first) =>
    runUser({ schedule, operations, onEnding, signal, startedAt }, first),
  );
  await Promise.all(users);
}

interface Run {
  readonly schedule: Schedule;
  readonly operations: Operations;
  readonly onEnding: (ending: Ending) => void;
  readonly signal: AbortSignal;
  readonly startedAt: number;
}

async function runUser(run: Run, first: number): Promise<void> {
  const { users, rate, seconds } = run.schedule;
  const planned = Math.ceil(rate * seconds);
  for (let index = first; index < planned && !run.signal.aborted; index += users) {
    const intendedMs = (index / rate) * 1_000;
    const waited = await until(run.startedAt + intendedMs, run.signal);
    if (run.signal.aborted) return;
    if (performance.now() >= run.startedAt + seconds * 1_000 + CATCH_UP_MS) giveUp(run, index, intendedMs);
    else await perform(run, index, intendedMs, waited ? 'generator' : 'server');
  }
}

/** @returns whether there was time to wait for: who is late after that is not the user */
async function until(at: number, signal: AbortSignal): Promise<boolean> {
  let waited = false;
  // Timers know whole milliseconds, and may end one early.
  for (let ms = at - performance.now(); ms > 0 && !signal.aborted; ms = at - performance.now()) {
    await sleep(Math.max(1, ms), undefined, { signal }).catch(() => undefined);
    waited = true;
  }
  return waited;
}

async function perform(run: Run, index: number, intendedMs: number, lateBy: Ending['lateBy']): Promise<void> {
  const intendedAt = run.startedAt + intendedMs;
  const operation = run.schedule.operationOf(index);
  const startedAt = performance.now();
  const answer = await answerOf(run, operation, index);
  // What was cut off by the end of the run tells nothing of the server.
  if (run.signal.aborted) return;
  const { error, firstByteAt } = answer;
  const endedAt = performance.now();
  run.onEnding({
    ...{ operation, error, lateBy, lateMs: Math.max(0, startedAt - intendedAt) },
    intendedMs,
    latencyMs: (firstByteAt ?? endedAt) - intendedAt,
    wholeMs: firstByteAt === undefined ? undefined : endedAt - intendedAt,
  });
}

async function answerOf({ schedule, operations, signal }: Run, name: OperationName, index: number): Promise<Answer> {
  const cut = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    cut.abort();
  }, schedule.timeoutMs);
  const end = (): void => cut.abort();
  signal.addEventListener('abort', end);
  try {
    return await operations[name](index, cut.signal);
  } catch (error) {
    return { error: late ? TIMED_OUT : kindOf(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** The code of a system error, which is one of few; no message, which might be one of many. */
function kindOf(error: unknown): string {
  const { code, name, cause } = error as { code?: string; name?: string; cause?: { code?: string } };
  return cause?.code ?? code ?? name ?? 'error';
}

function giveUp({ schedule, startedAt, onEnding }: Run, index: number, intendedMs: number): void {
  const waitedMs = performance.now() - startedAt - intendedMs;
  onEnding({
    ...{ operation: schedule.operationOf(index), intendedMs },
    ...{ lateMs: waitedMs, lateBy: 'server', latencyMs: waitedMs, error: NOT_STARTED },
  });
}
