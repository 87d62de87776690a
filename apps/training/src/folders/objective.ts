const HEADING = /^ {0,3}##[ \t]+Objective[ \t]*:?[ \t]*#*[ \t]*$/i;
const NEXT_SECTION = /^ {0,3}#{1,2}(?:[ \t]|$)/;
const CODE_FENCE = /^ {0,3}(`{3,}|~{3,})/;

/**
 * The text under `## Objective`, up to the next heading of that level or above; empty where there is none. Headings
 * inside blocks of code are none.
 */
export function objectiveOf(markdown: string): string {
  const found: string[] = [];
  let inside = false;
  let fence: string | null = null;
  for (const line of markdown.split('\n')) {
    const mark = CODE_FENCE.exec(line)?.[1];
    if (fence === null && NEXT_SECTION.test(line)) {
      if (inside) break;
      inside = HEADING.test(line);
      continue;
    }
    if (mark !== undefined) fence = nextFence(fence, mark);
    if (inside) found.push(line);
  }
  return found.join('\n').trim();
}

/** A block ends with at least as many of the marks that it began with. */
function nextFence(open: string | null, mark: string): string | null {
  if (open === null) return mark;
  return mark[0] === open[0] && mark.length >= open.length ? null : open;
}
