export { FakePeer, type ConnectBehaviour, type FakeConnection } from './fake-peer.ts';
export { settled, SimulatedClock } from './simulated-clock.ts';
