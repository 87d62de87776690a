/** One checkbox of a task list. */
export interface Task {
  readonly title: string;
  readonly checked: boolean;
}

const ITEM = /^[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]+(\S.*)$/;
const FENCE = /^[ \t>]*(`{3,}|~{3,})/;
const COMMENT = /<!--[^]*?(?:-->|$)/g;

/**
 * The checkboxes of a Markdown text in their order, nested ones too, at most `max`. Those in blocks of code and in
 * comments, as templates of issues have them, are none.
 */
export function tasksOf(markdown: string, max: number): Task[] {
  const tasks: Task[] = [];
  let fence: string | null = null;
  for (const line of withoutComments(markdown).split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === null) fence = mark;
      else if (mark[0] === fence[0] && mark.length >= fence.length) fence = null;
      continue;
    }
    const [, box, title] = (fence === null && ITEM.exec(line)) || [];
    if (title !== undefined) tasks.push({ title: title.trim(), checked: box !== ' ' });
    if (tasks.length === max) break;
  }
  return tasks;
}

/** Lines stay lines. */
function withoutComments(text: string): string {
  return text.replace(COMMENT, (comment) => comment.replace(/[^\n]+/g, ''));
}
