export { describePool, type PoolUnderTestOptions } from './describe-pool.ts';
export { FakePeer, type ConnectBehaviour, type FakeConnection } from './fake-peer.ts';
export type { TestRunner } from './runner.ts';
export { settled, SimulatedClock } from './simulated-clock.ts';
