import type { WorkEffortStatus } from '@purser/contracts';
import type { Task } from './task-list.ts';

const BLOCKED = new Set(['blocked', 'on-hold', 'waiting']);
const IN_PROGRESS = new Set(['in-progress', 'active', 'doing', 'started', 'wip', 'work-in-progress']);

/**
 * What an issue's state comes to. Closed is `completed`, for whatever reason. Open is `blocked` or `in-progress` by its
 * labels, `in-progress` when a box of its task lists is checked, else `planned`.
 */
export function statusOf(
  state: 'open' | 'closed',
  labels: readonly string[],
  tasks: readonly Pick<Task, 'checked'>[],
): WorkEffortStatus {
  if (state === 'closed') return 'completed';
  const words = labels.map(meaningOf);
  if (words.some((word) => BLOCKED.has(word))) return 'blocked';
  if (words.some((word) => IN_PROGRESS.has(word)) || tasks.some(({ checked }) => checked)) return 'in-progress';
  return 'planned';
}

/** `Status: In Progress` and `status/in_progress` mean `in-progress`. */
function meaningOf(label: string): string {
  const [word = ''] = label.toLowerCase().split(/[:/]/).slice(-1);
  return word.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
}
