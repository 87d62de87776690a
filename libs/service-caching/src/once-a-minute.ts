const INTERVAL_MS = 60_000;
/** Texts that are remembered; where there are more, the one that was let through the longest ago is forgotten. */
const MAX_TEXTS = 100;

/**
 * Lets a text through once a minute: what lasts is told again, so that who looks late sees it, but not all the time.
 *
 * @param now the time in milliseconds. Default the process's monotonic clock
 */
export function onceAMinute(tell: (text: string) => void, now = () => performance.now()): (text: string) => void {
  const toldAt = new Map<string, number>();
  return (text) => {
    if (now() - (toldAt.get(text) ?? -Infinity) < INTERVAL_MS) return;
    // At the end of the map, whose beginning is forgotten first.
    toldAt.delete(text);
    toldAt.set(text, now());
    if (toldAt.size > MAX_TEXTS) toldAt.delete(toldAt.keys().next().value!);
    tell(text);
  };
}
