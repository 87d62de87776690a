import { describe, expect, it } from '@jest/globals';
import { Drain, drainPhases } from '../index.ts';

const options = { delayMs: 0, timeoutMs: 1_000 };

describe('a drain', () => {
  it('runs its phases in order, whatever the order in which steps were added', async () => {
    const drain = new Drain();
    const ran: string[] = [];
    for (const phase of drainPhases.toReversed()) {
      drain.add(phase, 'step', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        ran.push(phase);
      });
    }
    await expect(drain.run(options)).resolves.toEqual({ drained: true, unfinished: [] });
    expect(ran).toEqual(drainPhases);
  });

  it('runs once, and gives everyone the same result', async () => {
    const drain = new Drain();
    let runs = 0;
    drain.add('stop', 'step', () => void (runs += 1));
    expect(drain.run(options)).toBe(drain.run(options));
    await drain.run(options);
    expect(runs).toBe(1);
  });

  it('names what failed, hung or did not finish, and goes on', async () => {
    const drain = new Drain();
    let closed = false;
    drain.add('stop', 'failing', () => {
      throw new Error('no');
    });
    drain.add('in-flight', 'hanging', () => new Promise(() => undefined));
    drain.add('in-flight', 'unfinished', async () => false);
    drain.watch('jobs', { inFlight: 3, idle: async () => false });
    drain.add('close', 'pool', () => void (closed = true));
    await expect(drain.run({ delayMs: 0, timeoutMs: 20 })).resolves.toEqual({
      drained: false,
      unfinished: [
        'stop: failing (no)',
        expect.stringMatching(/^in-flight: hanging \(not within \d+ ms\)$/),
        'in-flight: unfinished (not finished)',
        'in-flight: jobs (3 in flight)',
      ],
    });
    expect(closed).toBe(true);
  });

  it('tells a step how long it has, and when that is over', async () => {
    const drain = new Drain();
    const seen: unknown[] = [];
    drain.add('in-flight', 'slow', async (deadlineMs, signal) => {
      expect(deadlineMs).toBeLessThanOrEqual(20);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      seen.push('aborted');
    });
    drain.add('release', 'leases', (deadlineMs) => void seen.push(deadlineMs));
    await drain.run({ delayMs: 0, timeoutMs: 20 });
    // What uses up the time for work under way leaves the later phases theirs.
    expect(seen).toEqual(['aborted', 5_000]);
  });

  it('lets readiness fall at once and waits for the delay before the rest, counted from there', async () => {
    const drain = new Drain();
    const ran: string[] = [];
    drain.add('readiness', 'probes', () => void ran.push('fallen'));
    drain.add('stop', 'http', () => void ran.push('stopped'));
    expect(drain.draining).toBe(false);
    drain.fallReadiness();
    expect([drain.draining, ran]).toEqual([true, ['fallen']]);
    const running = drain.run({ delayMs: 50, timeoutMs: 1_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toEqual(['fallen']);
    await running;
    expect(ran).toEqual(['fallen', 'stopped']);
  });

  it('shows what is in flight', () => {
    const drain = new Drain();
    const jobs = { inFlight: 1, idle: async () => true };
    drain.watch('jobs', jobs);
    jobs.inFlight = 2;
    expect([...drain.inFlight()]).toEqual([['jobs', 2]]);
  });
});
