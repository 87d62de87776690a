import { describe, expect, it } from '@jest/globals';
import { type FakeConnection, FakePeer, settled, SimulatedClock } from '../testing/index.ts';
import type { LeakReport, PoolOptions } from './pool-options.ts';
import { ResourcePool } from './resource-pool.ts';

function setUp(options: Partial<PoolOptions> = {}) {
  const clock = new SimulatedClock();
  const peer = new FakePeer();
  const pool = new ResourcePool(peer, { name: 'test', max: 10, clock, ...options });
  return { clock, peer, pool };
}

async function rampUp(pool: ResourcePool<FakeConnection>, count: number): Promise<void> {
  const held = await Promise.all(Array.from({ length: count }, () => pool.acquire()));
  for (const connection of held) pool.release(connection);
}

describe('the number of connections', () => {
  it('begins at the minimum, grows with what is asked, and shrinks to the minimum', async () => {
    const { pool, peer, clock } = setUp({ min: 2, idleTimeoutMs: 1_000 });
    await settled();
    expect(pool.numbers()).toMatchObject({ idle: 2, inUse: 0 });
    await rampUp(pool, 10);
    expect(pool.numbers()).toMatchObject({ idle: 10 });
    await clock.advance(1_250);
    expect(pool.numbers()).toMatchObject({ idle: 2 });
    expect(peer.open.size).toBe(2);
  });

  it('is lent last in first out, so that those nobody needs can end', async () => {
    const { pool, clock } = setUp({ idleTimeoutMs: 1_000 });
    await rampUp(pool, 3);
    const used = await pool.acquire();
    pool.release(used);
    for (let i = 0; i < 10; i++) {
      await clock.advance(200);
      expect(await pool.acquire()).toBe(used);
      pool.release(used);
    }
    expect(pool.numbers()).toMatchObject({ idle: 1 });
  });

  it('is brought back to the minimum when one breaks', async () => {
    const { pool, peer } = setUp({ min: 2 });
    await settled();
    pool.release(await pool.acquire(), { broken: true });
    await settled();
    expect(pool.numbers()).toMatchObject({ idle: 2 });
    expect(peer.connects).toBe(3);
  });
});

describe('the life of a connection', () => {
  it('ends after its time, not in the middle of a lease, and not with all others at once', async () => {
    const chances = [0, 0.25, 0.5, 0.75];
    let next = 0;
    const random = () => chances[next++ % chances.length]!;
    const { pool, peer, clock } = setUp({ maxLifeMs: 1_000, lifeJitter: 0.4, idleTimeoutMs: 100_000, random });
    const held = await Promise.all(Array.from({ length: 4 }, () => pool.acquire()));
    const [lent, ...rest] = held;
    for (const connection of rest) pool.release(connection);
    await clock.advance(750);
    expect(peer.open.size).toBe(3);
    await clock.advance(250);
    expect(peer.open.size).toBe(1);
    expect(lent!.open).toBe(true);
    await clock.advance(1_000);
    pool.release(lent!);
    expect(peer.open.size).toBe(0);
  });
});

describe('a lease that is out for too long', () => {
  async function leak(pool: ResourcePool<FakeConnection>): Promise<FakeConnection> {
    return pool.acquire();
  }

  it('is reported once, with who acquired it', async () => {
    const reports: LeakReport[] = [];
    const { pool, clock } = setUp({ leakAfterMs: 1_000, onLeak: (report) => reports.push(report) });
    await rampUp(pool, 1);
    const leaked = await leak(pool);
    await clock.advance(900);
    expect(reports).toEqual([]);
    await clock.advance(5_000);
    expect(reports).toEqual([expect.objectContaining({ pool: 'test', stack: expect.stringContaining('leak') })]);
    expect(reports[0]!.stack).toContain('life_of_connections.spec');
    expect(pool.stats().leaks).toBe(1);
    pool.release(leaked);
  });

  it('is reported also where only some keep their stack', async () => {
    const reports: LeakReport[] = [];
    const onLeak = (report: LeakReport) => reports.push(report);
    const { pool, clock } = setUp({ leakAfterMs: 1_000, leakStackEvery: 3, onLeak });
    for (let i = 0; i < 6; i++) await leak(pool);
    await clock.advance(5_000);
    expect(reports.map(({ stack }) => stack.includes('leak'))).toEqual([false, false, true, false, false, true]);
  });

  it('is not looked for unless asked', async () => {
    const { pool, clock } = setUp();
    await pool.acquire();
    await clock.advance(1_000_000);
    expect(pool.stats().leaks).toBe(0);
  });
});
