/** Of the time that is measured: for the compiler. */
const WARM_UP_SHARE = 0.5;
/** Calls between two looks at the clock. */
const SLICE = 512;

/** Calls a second, `inFlight` at a time, each waited for with the others, after a warm-up. */
export async function callsPerSecond(seconds: number, inFlight: number, call: () => Promise<unknown>): Promise<number> {
  const once = inFlight === 1 ? call : () => together(inFlight, call);
  await callFor(seconds * WARM_UP_SHARE, inFlight, once);
  return callFor(seconds, inFlight, once);
}

/** Calls a second of what needs not be waited for, after a warm-up. */
export function syncCallsPerSecond(seconds: number, call: () => void): number {
  const callFor = (forSeconds: number): number => {
    const startedAt = performance.now();
    for (let calls = 0; ; calls += SLICE) {
      for (let slice = 0; slice < SLICE; slice++) call();
      const tookMs = performance.now() - startedAt;
      if (tookMs >= forSeconds * 1_000) return ((calls + SLICE) / tookMs) * 1_000;
    }
  };
  callFor(seconds * WARM_UP_SHARE);
  return callFor(seconds);
}

async function callFor(seconds: number, inFlight: number, once: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let calls = 0;
  for (;;) {
    for (let slice = 0; slice < SLICE; slice += inFlight) await once();
    calls += SLICE;
    const tookMs = performance.now() - startedAt;
    if (tookMs >= seconds * 1_000) return (calls / tookMs) * 1_000;
  }
}

function together(count: number, call: () => Promise<unknown>): Promise<unknown> {
  const calling = new Array<Promise<unknown>>(count);
  for (let at = 0; at < count; at++) calling[at] = call();
  return Promise.all(calling);
}
