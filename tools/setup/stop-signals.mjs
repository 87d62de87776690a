/** A terminal and npm may both deliver the same Ctrl-C: what comes within this time of the first is the same wish. */
const sameWishMs = 1_000;

/**
 * Listens for the wish to stop. The first signal asks for it; a further one within a second is the same wish; a later one
 * means that the person does not want to wait.
 * @param {{ onStop: (signal: NodeJS.Signals) => void, onForce: (signal: NodeJS.Signals) => void }} handlers each called once
 * @param {{ source?: NodeJS.EventEmitter, now?: () => number }} [options] for tests
 */
export function onStopSignals({ onStop, onForce }, { source = process, now = Date.now } = {}) {
  /** @type {number | undefined} */
  let askedAt;
  let forced = false;
  /** @param {NodeJS.Signals} signal */
  const listen = (signal) => {
    if (askedAt === undefined) {
      askedAt = now();
      onStop(signal);
    } else if (now() - askedAt >= sameWishMs && !forced) {
      forced = true;
      onForce(signal);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT']) source.on(signal, listen);
}
