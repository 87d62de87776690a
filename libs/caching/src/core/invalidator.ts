import type { Invalidation } from './invalidation.ts';
import type { NamespaceState } from './namespace-state.ts';
import type { Stack } from './stack.ts';

/** A namespace as far as invalidations go: see `NamespaceState`. */
export type Invalidated = Pick<NamespaceState, 'name' | 'local' | 'apply' | 'applyAgain'>;

/** Makes an invalidation hold in one namespace: here, in the tiers below memory, and in other replicas. */
export class Invalidator {
  readonly #stack: Stack;
  readonly #state: Invalidated;

  constructor(stack: Stack, state: Invalidated) {
    this.#stack = stack;
    this.#state = state;
  }

  /** Resolves when it is acknowledged: see `Cache.invalidate`. */
  async invalidate(invalidation: Invalidation): Promise<void> {
    this.#state.apply(invalidation);
    const applied = await this.tellTiers(invalidation);
    this.#state.applyAgain(invalidation);
    await this.tellReplicas(invalidation, applied);
  }

  /** @returns whether all shared tiers know of it */
  async tellTiers(invalidation: Invalidation): Promise<boolean> {
    const { name } = this.#state;
    // Others may have read what a shared tier still had meanwhile.
    const whenDone = (_namespace: string, done: Invalidation): void =>
      this.#stack.inBackground(this.tellReplicas(done, true));
    let applied = true;
    // The farthest first: what is promoted from one that does not know yet is refused by those above.
    for (const tier of this.#stack.tiersOf(this.#state).toReversed()) {
      const isTold = await tier.invalidate(name, invalidation, tier.shared ? whenDone : undefined);
      applied &&= isTold || !tier.shared;
    }
    return applied;
  }

  /** @param applied whether all shared tiers know of it; else whoever hears of it tells them */
  async tellReplicas(invalidation: Invalidation, applied: boolean): Promise<void> {
    if (!this.#state.local) await this.#stack.bus?.publish(this.#state.name, invalidation, applied);
  }
}
