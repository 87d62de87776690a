import { residentMb } from '@purser/bench';

/** A process of the server on this machine. */
export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
}

/** Resident memory in megabytes at a moment; undefined where it could not be read (it ended, or there is no /proc). */
export interface MemorySample {
  readonly atSeconds: number;
  readonly mb: readonly (number | undefined)[];
}

/** What each process needed. */
export interface ProcessMemory extends WatchedProcess {
  readonly startMb: number | undefined;
  readonly maxMb: number | undefined;
  readonly endMb: number | undefined;
}

export function sampleMemory(processes: readonly WatchedProcess[], atSeconds: number): MemorySample {
  return { atSeconds, mb: processes.map(({ pid }) => residentMb(pid)) };
}

export function memoryOf(processes: readonly WatchedProcess[], samples: readonly MemorySample[]): ProcessMemory[] {
  return processes.map((watched, at) => {
    const seen = samples.map(({ mb }) => mb[at]).filter((mb) => mb !== undefined);
    return {
      ...watched,
      ...{ startMb: seen[0], endMb: seen.at(-1), maxMb: seen.length === 0 ? undefined : Math.max(...seen) },
    };
  });
}
