import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Operations } from '../operations/operation.ts';
import { LatencyHistogram } from '../record/latency-histogram.ts';
import { MISS_MS, type Ending } from '../record/recorder.ts';
import { runSchedule, type Schedule } from './run-schedule.ts';

const never = new AbortController().signal;
const plan: Schedule = { users: 10, rate: 200, seconds: 1, timeoutMs: 10_000, operationOf: () => 'chat' };

function all(perform: (index: number, signal: AbortSignal) => Promise<Answer>): Operations {
  return { chat: perform, stream: perform, read: perform };
}

async function run(schedule: Schedule, operations: Operations, signal = never): Promise<Ending[]> {
  const endings: Ending[] = [];
  await runSchedule(schedule, operations, (ending) => void endings.push(ending), signal);
  return endings;
}

describe('a schedule', () => {
  it('plans every start ahead, evenly, and tells of each once', async () => {
    const seen: number[] = [];
    const endings = await run(
      plan,
      all(async (index) => {
        seen.push(index);
        return {};
      }),
    );
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    const intended = endings.map(({ intendedMs }) => intendedMs).toSorted((a, b) => a - b);
    for (const [index, at] of intended.entries()) expect(at).toBeCloseTo(index * 5, 3);
    expect(endings.every(({ latencyMs }) => latencyMs >= 0)).toBe(true);
  });

  it('shows a stall of a second to all who would have come meanwhile: no coordinated omission', async () => {
    const stallMs = 1_000;
    let stalledUntil: number | undefined;
    const endings = await run(
      { ...plan, seconds: 3 },
      all(async (index) => {
        // The server stands still for a second once, whoever asks.
        if (index >= 100) stalledUntil ??= performance.now() + stallMs;
        await sleep(Math.max(0, (stalledUntil ?? 0) - performance.now()));
        return {};
      }),
    );
    const histogram = new LatencyHistogram();
    for (const { latencyMs } of endings) histogram.record(latencyMs);
    // A third of the time it stood still: a load that waits for answers would have seen ten slow requests of 600.
    expect(endings).toHaveLength(600);
    expect(endings.filter(({ latencyMs }) => latencyMs > 100).length).toBeGreaterThanOrEqual(175);
    expect(histogram.percentileMs(0.8)).toBeGreaterThan(300);
    expect(histogram.percentileMs(0.99)).toBeGreaterThan(900);
    const lateByServer = endings.filter(({ lateMs, lateBy }) => lateMs > MISS_MS && lateBy === 'server');
    expect(lateByServer.length).toBeGreaterThanOrEqual(150);
  });

  it('has no more requests under way than users', async () => {
    let now = 0;
    let most = 0;
    await run(
      { ...plan, users: 4 },
      all(async () => {
        most = Math.max(most, (now += 1));
        await sleep(60);
        now -= 1;
        return {};
      }),
    );
    expect(most).toBe(4);
  });

  it('tells of those that never started, with the time that they had waited', async () => {
    const operations = all(async () => {
      await sleep(2_000);
      return {};
    });
    const endings = await run({ ...plan, users: 1, rate: 10 }, operations);
    expect(endings).toHaveLength(10);
    const given = endings.filter(({ error }) => error === 'not started');
    expect(given.length).toBeGreaterThanOrEqual(8);
    for (const { latencyMs, intendedMs } of given) expect(latencyMs).toBeGreaterThanOrEqual(3_000 - intendedMs);
  });

  it('gives up an answer that does not come in time, and says what broke by its code', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const operations: Operations = {
      ...all(async () => ({})),
      chat: async (_, signal) => {
        await sleep(60_000, undefined, { signal });
        return {};
      },
      read: async () => {
        throw refused;
      },
    };
    const operationOf = (index: number) => (index % 2 === 0 ? 'chat' : 'read');
    const endings = await run({ ...plan, rate: 4, timeoutMs: 50, operationOf }, operations);
    expect(endings.map(({ error }) => error).toSorted()).toEqual([
      ...['ECONNREFUSED', 'ECONNREFUSED', 'timed out', 'timed out'],
    ]);
  });

  it('ends early when it is asked to, and what is cut off then tells nothing', async () => {
    const stop = new AbortController();
    const operations = all(async (index, signal) => {
      if (index === 0) return {};
      stop.abort();
      await sleep(60_000, undefined, { signal });
      return {};
    });
    expect(await run({ ...plan, users: 2, rate: 10, seconds: 60 }, operations, stop.signal)).toHaveLength(1);
  });
});
