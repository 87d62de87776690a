import type { Percentiles } from '../record/recorder.ts';

/** What is wanted of a run; undefined is not checked. */
export interface Thresholds {
  readonly maxP95Ms: number;
  readonly maxP99Ms: number | undefined;
  /** Failed requests of all planned ones, 0 to 1. */
  readonly maxErrorShare: number;
  /** Answers a second, of the rate that was asked for, 0 to 1. */
  readonly minThroughputShare: number;
  /** Of each watched process. */
  readonly maxResidentMb: number | undefined;
}

/** The figures that thresholds look at. */
export interface Judged {
  readonly latency: Percentiles;
  readonly errorShare: number;
  readonly throughputShare: number;
  readonly memory: readonly { readonly name: string; readonly maxMb: number | undefined }[];
}

/** One threshold, and what was measured. */
export interface Check {
  readonly what: string;
  readonly wanted: string;
  /** Undefined where it could not be measured: then it is missed. */
  readonly measured: number | undefined;
  readonly met: boolean;
}

/** Every threshold with its outcome. Nothing that could not be measured is met. */
export function judge(thresholds: Thresholds, { latency, errorShare, throughputShare, memory }: Judged): Check[] {
  const { maxP95Ms, maxP99Ms, maxErrorShare, minThroughputShare, maxResidentMb } = thresholds;
  const checks = [atMost('p95, ms', maxP95Ms, latency.p95Ms)];
  if (maxP99Ms !== undefined) checks.push(atMost('p99, ms', maxP99Ms, latency.p99Ms));
  checks.push(atMost('error rate', maxErrorShare, errorShare));
  const met = throughputShare >= minThroughputShare;
  const what = 'throughput, of what was asked for';
  checks.push({ what, wanted: `at least ${minThroughputShare}`, measured: throughputShare, met });
  if (maxResidentMb === undefined) return checks;
  if (memory.length === 0) checks.push(atMost('resident memory, MB', maxResidentMb, undefined));
  return checks.concat(memory.map(({ name, maxMb }) => atMost(`resident memory of ${name}, MB`, maxResidentMb, maxMb)));
}

function atMost(what: string, most: number, measured: number | undefined): Check {
  const known = measured === undefined || Number.isNaN(measured) ? undefined : measured;
  return { what, wanted: `at most ${most}`, measured: known, met: known !== undefined && known <= most };
}
