import { setTimeout as sleep } from 'node:timers/promises';
import type { Limit } from '../../core/limit.ts';
import type { Asker, Decision, Demand, LimitStore, Refused, Standing, Taken } from '../../core/store.ts';
import { afterEach, beforeEach } from './runner.ts';

/** What an implementation brings to be tested. */
export interface LimitStoreHarness {
  /** With nothing in it. The suite closes it. */
  readonly store: LimitStore;
  /** Lets time pass for the store. Without it the tests wait. */
  advance?(ms: number): void | Promise<void>;
  /** Stops whatever the harness started; the store is closed by then. */
  close?(): void | Promise<void>;
}

/** How the suites get at a store that is new for each test. */
export interface StoreUnderTest {
  readonly store: LimitStore;
  advance(ms: number): Promise<void>;
  take(demands: readonly Demand[], asker?: Partial<Asker>): Promise<Decision>;
  /** Takes what there has to be. */
  taken(...demands: readonly Demand[]): Promise<Taken>;
  /** Asks for what must not be there. */
  refused(...demands: readonly Demand[]): Promise<Refused>;
  look(...demands: readonly Demand[]): Promise<readonly Standing[]>;
  remaining(limit: Limit, subject: string): Promise<number>;
}

/** Longer than any test: of rates by the hour nothing comes back meanwhile. */
export const HOUR_MS = 3_600_000;

export function useStore(open: () => Promise<LimitStoreHarness>): StoreUnderTest {
  let harness: LimitStoreHarness | undefined;
  beforeEach(async () => {
    harness = await open();
  });
  afterEach(async () => {
    await harness?.store.close();
    await harness?.close?.();
    harness = undefined;
  });
  const store = () => harness!.store;
  const take = async (demands: readonly Demand[], asker: Partial<Asker> = {}) =>
    store().take(demands, { client: 'client', waits: false, ...asker });
  const look = async (...demands: readonly Demand[]) => store().look(demands);
  return {
    get store() {
      return store();
    },
    advance: async (ms) => (harness!.advance ?? sleep)(ms) as Promise<void>,
    take,
    taken: async (...demands) => {
      const decision = await take(demands);
      if (decision.allowed) return decision;
      throw new Error(`refused: ${JSON.stringify(decision)}`);
    },
    refused: async (...demands) => {
      const decision = await take(demands);
      if (!decision.allowed) return decision;
      throw new Error(`allowed: ${JSON.stringify(decision)}`);
    },
    look,
    remaining: async (limit, subject) => (await look({ limit, subject }))[0]!.remaining,
  };
}
