import { describe, expect, it } from '@jest/globals';
import { Recorder, type Ending } from './recorder.ts';

const ending = (changes: Partial<Ending> = {}): Ending => ({
  ...{ operation: 'chat', intendedMs: 0, lateMs: 0, lateBy: 'generator', latencyMs: 10 },
  ...changes,
});

describe('a recorder', () => {
  it('counts a quick failure as an error, and lets it make no latency look better', () => {
    const recorder = new Recorder();
    recorder.add(ending({ latencyMs: 100 }));
    recorder.add(ending({ latencyMs: 1, error: 'status 503' }));
    expect(recorder.latency).toMatchObject({ count: 1, maxMs: 100 });
    expect([recorder.succeeded, recorder.failed, recorder.errors]).toEqual([1, 1, { 'status 503': 1 }]);
  });

  it('counts what timed out or never started with the time that it had waited', () => {
    const recorder = new Recorder();
    recorder.add(ending({ latencyMs: 5_000, error: 'timed out' }));
    recorder.add(ending({ latencyMs: 9_000, lateMs: 9_000, lateBy: 'server', error: 'not started' }));
    expect(recorder.latency).toMatchObject({ count: 2, maxMs: 9_000 });
    expect(recorder.misses).toEqual({ server: 0, generator: 0, notStarted: 1 });
  });

  it('tells who was late, from 50 ms on', () => {
    const recorder = new Recorder();
    for (const lateMs of [50, 51, 700]) recorder.add(ending({ lateMs, lateBy: 'server' }));
    recorder.add(ending({ lateMs: 60 }));
    expect(recorder.misses).toEqual({ server: 2, generator: 1, notStarted: 0 });
  });

  it('keeps each stretch of time apart, and the operations', () => {
    const recorder = new Recorder();
    recorder.add(ending({ latencyMs: 5 }));
    recorder.closeInterval(1);
    recorder.add(ending({ operation: 'stream', latencyMs: 20, wholeMs: 400 }));
    recorder.add(ending({ error: 'cut stream' }));
    recorder.closeInterval(3);
    expect(recorder.intervals).toMatchObject([
      { atSeconds: 0, seconds: 1, succeeded: 1, failed: 0, maxMs: 5 },
      { atSeconds: 1, seconds: 2, succeeded: 1, failed: 1, maxMs: 20 },
    ]);
    expect(recorder.operations['stream']).toMatchObject({ latency: { maxMs: 20 }, whole: { maxMs: 400 } });
    expect(recorder.operations['chat']).toMatchObject({ latency: { count: 1 }, whole: { count: 0 } });
  });

  it('keeps a bounded number of kinds of errors', () => {
    const recorder = new Recorder();
    for (let kind = 0; kind < 200; kind++) recorder.add(ending({ error: `E${kind}` }));
    expect(Object.keys(recorder.errors)).toHaveLength(51);
    expect(recorder.errors['other errors']).toBe(150);
  });
});
