import { describeStore } from './describe-store.ts';
import { ReferenceStore } from './reference-store.ts';

describeStore('reference', async () => {
  let now = 0;
  return {
    store: new ReferenceStore({ now: () => now }),
    advance: (ms) => {
      now += ms;
    },
  };
});
