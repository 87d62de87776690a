import { MemoryStore } from '../../stores/memory/index.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { describeLimitStore } from './describe-limit-store.ts';

// A file of tests for `node --test`: its spec runs it.
describeLimitStore('memory', async () => {
  const clock = new VirtualClock();
  return { store: new MemoryStore({ clock }), advance: (ms) => clock.advance(ms) };
});
