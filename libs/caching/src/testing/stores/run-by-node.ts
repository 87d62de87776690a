import { monotonicClock } from '../../core/clock.ts';
import { describeStore } from './describe-store.ts';
import { ReferenceStore } from './reference-store.ts';

// A file of tests for `node --test`: its spec runs it.
describeStore('reference', async () => ({ store: new ReferenceStore(monotonicClock) }));
