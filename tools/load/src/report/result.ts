import type { GeneratorFigures } from '../observe/generator-health.ts';
import type { MemorySample, ProcessMemory } from '../observe/memory.ts';
import type { Mix } from '../operations/operation.ts';
import type { Bar } from '../record/latency-histogram.ts';
import type { Interval, Percentiles } from '../record/recorder.ts';
import type { Check } from '../verdict/thresholds.ts';

/**
 * Everything that a run found out; what `--json` writes. Latencies count from the intended starts, to the last byte;
 * of a stream to its first, and `whole` to its last.
 */
export interface LoadResult {
  readonly scenario: string;
  readonly url: string;
  /** When what is measured began. */
  readonly beganAt: string;
  readonly stoppedEarly: boolean;
  readonly asked: {
    readonly users: number;
    readonly requestsPerSecond: number;
    readonly seconds: number;
    readonly mix: Mix;
  };
  readonly requests: { readonly planned: number; readonly succeeded: number; readonly failed: number };
  /** How often what went wrong. */
  readonly errors: Readonly<Record<string, number>>;
  readonly errorShare: number;
  readonly throughput: { readonly requestsPerSecond: number; readonly shareOfAsked: number };
  readonly latency: Percentiles;
  readonly operations: Readonly<Record<string, { readonly latency: Percentiles; readonly whole: Percentiles }>>;
  /** Starts more than 50 ms late, by whose fault, and those that never came. */
  readonly misses: { readonly server: number; readonly generator: number; readonly notStarted: number };
  readonly intervals: readonly Interval[];
  readonly histogram: readonly Bar[];
  readonly memory: readonly ProcessMemory[];
  readonly memorySamples: readonly MemorySample[];
  readonly generator: GeneratorFigures;
  /** Why the generator may be what was slow. */
  readonly bottleneck: string | undefined;
  readonly checks: readonly Check[];
  readonly passed: boolean;
}
