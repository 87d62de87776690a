import { describe, expect, it } from '@jest/globals';
import { SharedRuns } from './shared-runs.ts';

/** Work that lasts until it is told to end, and a count of how often it began. */
function steps() {
  const ends: ((error?: Error) => void)[] = [];
  const work = () => new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  return { work, ends };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('SharedRuns', () => {
  it('shares one further run among all who ask while it runs', async () => {
    const runs = new SharedRuns();
    const { work, ends } = steps();
    const first = runs.run('a', work);
    const later = [runs.run('a', work), runs.run('a', work)];
    expect(ends).toHaveLength(1);
    ends[0]!();
    await first;
    await turn();
    expect(ends).toHaveLength(2);
    const last = runs.run('a', work);
    ends[1]!();
    await Promise.all(later);
    await turn();
    ends[2]!();
    await last;
    expect(ends).toHaveLength(3);
    expect(runs.size).toBe(0);
  });

  it('goes on after a failure, which only those of that run see', async () => {
    const runs = new SharedRuns();
    const { work, ends } = steps();
    const first = runs.run('a', work);
    const second = runs.run('a', work);
    ends[0]!(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await turn();
    ends[1]!();
    await second;
    expect(runs.size).toBe(0);
  });

  it('keeps keys apart, and waits for all of them', async () => {
    const runs = new SharedRuns();
    const { work, ends } = steps();
    const all = [runs.run('a', work), runs.run('b', work), runs.run('b', work)];
    expect([ends.length, runs.size]).toEqual([2, 2]);
    let idle = false;
    const waited = runs.idle().then(() => (idle = true));
    ends[0]!();
    ends[1]!();
    await turn();
    expect(idle).toBe(false);
    ends[2]!();
    await Promise.all([...all, waited]);
    expect(idle).toBe(true);
  });
});
