import type { ConfigurationEntry } from '@purser/contracts';

type Unversioned<E> = E extends ConfigurationEntry ? Omit<E, 'version'> : never;

/** An entry that does not have its version yet. `value` null: the thing is gone. */
export type DraftedEntry = Unversioned<ConfigurationEntry>;

/** What one write changes of what gateways know. Of several changes of one thing the last counts. */
export class ConfigurationDraft {
  readonly #entries = new Map<string, DraftedEntry>();

  get entries(): readonly DraftedEntry[] {
    return [...this.#entries.values()];
  }

  put(entry: DraftedEntry): void {
    this.#entries.set(`${entry.kind} ${entry.id}`, entry);
  }

  remove(kind: DraftedEntry['kind'], id: string): void {
    this.put({ kind, id, value: null });
  }
}
