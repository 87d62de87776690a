import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing } from '../../../core/store.ts';
import { MemoryStore } from '../../memory/memory-store.ts';

/** A store that a test takes away and brings back; it keeps what it had. */
export class FailingStore implements LimitStore {
  readonly #store = new MemoryStore();
  readonly calls: string[] = [];
  /** What every call rejects with. */
  error: Error | undefined;

  take(demands: readonly Demand[], _asker: Asker): Promise<Decision> {
    return this.#call('take', () => this.#store.take(demands));
  }

  look(demands: readonly Demand[]): Promise<readonly Standing[]> {
    return this.#call('look', () => this.#store.look(demands));
  }

  correct(corrections: readonly Correction[]): Promise<void> {
    return this.#call('correct', () => this.#store.correct(corrections));
  }

  release(holds: readonly SlotHold[]): Promise<void> {
    return this.#call('release', () => this.#store.release(holds));
  }

  renew(holds: readonly SlotHold[]): Promise<readonly SlotHold[]> {
    return this.#call('renew', () => this.#store.renew(holds));
  }

  reset(demands: readonly Demand[]): Promise<void> {
    return this.#call('reset', () => this.#store.reset(demands));
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }

  async #call<T>(name: string, call: () => T): Promise<T> {
    this.calls.push(name);
    if (this.error) throw this.error;
    return call();
  }
}
