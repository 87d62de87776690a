/** A key result as far as its progress goes. */
export interface Course {
  readonly baseline: number;
  readonly target: number;
  readonly current: number | null;
}

/**
 * How much of the way from baseline to target is done, in per cent, to the nearest whole: 0 before the first value and for
 * what went the wrong way, 100 from the target on.
 */
export function progressOf({ baseline, target, current }: Course): number {
  return Math.round(shareOf({ baseline, target, current }) * 100);
}

/** The mean progress of all, to the nearest whole; null where there are none. */
export function meanProgress(courses: readonly Course[]): number | null {
  if (courses.length === 0) return null;
  const sum = courses.reduce((total, course) => total + shareOf(course), 0);
  return Math.round((sum / courses.length) * 100);
}

function shareOf({ baseline, target, current }: Course): number {
  if (current === null) return 0;
  return Math.min(1, Math.max(0, (current - baseline) / (target - baseline)));
}
