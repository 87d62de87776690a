import type { TransportStatus } from './transport.ts';

type Listener = (status: TransportStatus, detail?: string) => void;

/** A transport's status and those who want to hear of its changes; once `closed` it stays so. */
export class StatusNotifier {
  readonly #listeners = new Set<Listener>();
  #value: TransportStatus = 'connecting';

  get value(): TransportStatus {
    return this.#value;
  }

  set(status: TransportStatus, detail?: string): void {
    if (status === this.#value || this.#value === 'closed') return;
    this.#value = status;
    for (const listener of this.#listeners) listener(status, detail);
  }

  /** Tells of something that leaves the status as it is. */
  report(detail: string): void {
    for (const listener of this.#listeners) listener(this.#value, detail);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
