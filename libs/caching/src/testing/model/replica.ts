import type { Cache } from '../../core/cache.ts';
import { Caches } from '../../core/caches.ts';
import type { Load } from '../../core/loader.ts';
import type { Invalidation } from '../../core/invalidation.ts';
import type { Store } from '../../core/store.ts';
import type { TestBusConnection } from '../bus/test-bus.ts';
import { chaotic, randomFaults, type Fault, type StoreCall } from '../stores/chaotic-store.ts';
import { ReferenceStore } from '../stores/reference-store.ts';
import { NAMESPACES, tagsOf, type Versioned } from './source.ts';
import { HARD_TIMEOUT_MS, HEARTBEAT_MS, SILENCE_MS, STALE_FOR_MS, type World } from './world.ts';

/** How a loader behaves. */
export interface Loading {
  readonly ms: number;
  readonly ends: 'well' | 'throwing' | 'never';
  readonly softTimeoutMs: number;
}

/** One process of a {@link World}. */
export class ModelReplica {
  readonly incarnation: number;
  readonly connection: TestBusConnection;
  readonly caches: Caches;
  readonly #world: World;
  readonly #floors = new Map<string, number>();
  #isDead = false;

  constructor(world: World, incarnation: number) {
    this.#world = world;
    this.incarnation = incarnation;
    this.connection = world.bus.connect();
    this.caches = new Caches({
      replica: `replica-${incarnation}`,
      clock: world.time,
      random: world.random,
      memory: { maxBytes: world.options.memoryBytes },
      tiers: this.#stores().map((store) => ({ store, timeoutMs: 50 })),
      bus: { bus: this.connection, heartbeatMs: HEARTBEAT_MS, silenceMs: SILENCE_MS, confirmMs: 100 },
      defaults: { ttl: world.options.ttlMs, staleFor: STALE_FOR_MS, hardTimeoutMs: HARD_TIMEOUT_MS },
    });
  }

  get name(): string {
    return this.caches.replica;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Whether all that it invalidated is known to the tiers. */
  get owesNothing(): boolean {
    return this.caches.statistics().tiers.every(({ pendingInvalidations }) => pendingInvalidations === 0);
  }

  async open(): Promise<void> {
    await this.caches.open();
    for (const name of NAMESPACES) this.caches.namespace(name);
  }

  kill(): void {
    this.#isDead = true;
    this.connection.link = 'cut';
    // Its timers end; nothing that it says or stores arrives any more.
    void this.caches.close();
  }

  cache(namespace: string): Cache {
    return this.caches.namespace(namespace);
  }

  raise({ namespace, key, version }: Versioned): void {
    const id = `${namespace} ${key}`;
    this.#floors.set(id, Math.max(this.#floors.get(id) ?? 0, version));
  }

  floorOf(namespace: string, key: string): number {
    return this.#floors.get(`${namespace} ${key}`) ?? 0;
  }

  getOrCompute(namespace: string, key: string, loading: Loading): void {
    const { ends, softTimeoutMs } = loading;
    const read = this.#beginRead(namespace, key);
    this.#world.follow(`getOrCompute on ${this.name}`, async () => {
      try {
        const load = (of: Load): Promise<unknown> => this.#load(namespace, key, loading, of);
        const options = { tags: tagsOf(key), softTimeoutMs };
        const { value, status } = await this.cache(namespace).getOrComputeEntry(key, load, options);
        read(value as Versioned | undefined, status);
      } catch (error) {
        if (ends === 'well' && !isExpected(error)) throw error;
      }
    });
  }

  get(namespace: string, keys: readonly string[]): void {
    const reads = keys.map((key) => this.#beginRead(namespace, key));
    this.#world.follow(`get on ${this.name}`, async () => {
      try {
        const values = await this.cache(namespace).mget<Versioned>(keys);
        values.forEach((value, index) => reads[index]!(value, 'HIT'));
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    });
  }

  /** The source has changed, and what is held of it is invalidated. */
  invalidate(namespace: string, invalidation: Invalidation): void {
    const floors = this.#world.source.floorsOf(namespace, invalidation);
    this.#world.follow(`invalidate on ${this.name}`, async () => {
      await this.#acknowledge(() => this.cache(namespace).invalidate(invalidation), floors);
    });
  }

  /** The source has changed, and its new value is set. */
  async set(namespace: string, key: string): Promise<void> {
    const value = this.#world.source.read(namespace, key);
    this.#world.source.says(value);
    let isOver = false;
    this.#world.follow(`set on ${this.name}`, async () => {
      const set = (): Promise<void> => this.cache(namespace).set(key, value, { tags: tagsOf(key) });
      await this.#acknowledge(set, [value]).finally(() => (isOver = true));
    });
    while (!isOver) await this.#world.pass(20);
  }

  async #acknowledge(call: () => Promise<void>, floors: readonly Versioned[]): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!isExpected(error)) throw error;
      return;
    }
    if (!this.#isDead) this.#world.acknowledged(this, floors);
  }

  #beginRead(namespace: string, key: string) {
    const asked = { replica: this.name, namespace, key };
    const beganAt = this.#world.time.now();
    const floor = this.#world.floorAt(this, namespace, key);
    return (value: Versioned | undefined, status: 'HIT' | 'MISS' | 'STALE'): void => {
      if (!this.#isDead) this.#world.check({ asked, value, status, floor, beganAt });
    };
  }

  async #load(namespace: string, key: string, { ms, ends }: Loading, load: Load): Promise<unknown> {
    const value = this.#world.source.read(namespace, key);
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (ends === 'throwing') throw new Error('The source fails, as it was told.');
    if (ends === 'never') await new Promise(() => {});
    this.#world.source.says(value);
    const previous = load.previous?.value as Versioned | undefined;
    return previous?.version === value.version ? load.notModified() : value;
  }

  #stores(): Store[] {
    const { shared, options, time } = this.#world;
    const faults = randomFaults(options.seed + 2 + this.incarnation, options.store);
    const local = options.hasLocal ? [chaotic(new ReferenceStore(time), this.#unlessDead(faults))] : [];
    const isDown = (): Fault | undefined => (this.#world.isSharedDown ? { kind: 'throw' } : undefined);
    const next = this.#unlessDead((call) => isDown() ?? faults(call));
    return shared === undefined ? local : [...local, chaotic(shared, next)];
  }

  #unlessDead(next: (call: StoreCall) => Fault | undefined): (call: StoreCall) => Fault | undefined {
    return (call) => (this.#isDead ? { kind: 'throw' } : next(call));
  }
}

function isExpected(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'load_timeout' || code === 'closed' || message?.includes('as it was told') === true;
}
