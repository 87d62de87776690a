import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How the load generator itself fared: where it was at its limit, latencies are partly its own. */
export interface GeneratorFigures {
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** Of one processor, 0 to 1 and above where other threads helped. */
  readonly processorShare: number;
}

const RESOLUTION_MS = 5;
const NANOS_A_MS = 1e6;
/** From here on the generator adds more to what it measures than it may. */
const BUSY_SHARE = 0.9;
const BUSY_LAG_MS = 50;

/** Watches this process's event loop and processor time until `stop`. */
export function watchGenerator(): { stop(): GeneratorFigures } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const before = process.cpuUsage();
  const startedAt = performance.now();
  delay.enable();
  return {
    stop: () => {
      delay.disable();
      const { user, system } = process.cpuUsage(before);
      const lag = (nanos: number): number => Math.max(0, nanos / NANOS_A_MS - RESOLUTION_MS);
      return {
        ...{ lagP99Ms: lag(delay.percentile(99)), lagMaxMs: lag(delay.max) },
        processorShare: (user + system) / 1_000 / (performance.now() - startedAt),
      };
    },
  };
}

/** In words, why the generator may be what was slow; undefined where it was not. */
export function bottleneckOf(
  figures: GeneratorFigures,
  misses: { readonly generator: number; readonly planned: number },
): string | undefined {
  const reasons = [
    figures.processorShare > BUSY_SHARE && `it used ${Math.round(figures.processorShare * 100)} % of a processor`,
    figures.lagP99Ms > BUSY_LAG_MS && `its event loop lagged ${Math.round(figures.lagP99Ms)} ms at p99`,
    misses.generator > misses.planned / 100 && `${misses.generator} requests started late by its own fault`,
  ].filter((reason) => reason !== false);
  if (reasons.length === 0) return undefined;
  return `The load generator itself may be the bottleneck: ${reasons.join(', ')}. Latencies are at most what is shown.`;
}
