import type { CacheStatus } from '../../core/result.ts';
import type { Store } from '../../core/store.ts';
import { randomBusFaults, TestBus, type BusFaultRates, type BusLink } from '../bus/test-bus.ts';
import { randomFrom } from '../random.ts';
import type { FaultRates } from '../stores/chaotic-store.ts';
import { createSharedStore } from '../stores/shared-store.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { ModelReplica } from './replica.ts';
import { Source, type Floor, type Versioned } from './source.ts';

/** How a world is set up. */
export interface WorldOptions {
  readonly seed: number;
  readonly replicas: number;
  readonly hasShared: boolean;
  readonly hasLocal: boolean;
  readonly ttlMs: number;
  readonly memoryBytes: number;
  readonly bus: BusFaultRates;
  readonly store: FaultRates;
}

export const HEARTBEAT_MS = 100;
export const SILENCE_MS = 500;
export const STALE_FOR_MS = 3_000;
export const HARD_TIMEOUT_MS = 900;
/** How finely time is followed. */
const STEP_MS = 50;
/** For what is on its way: a tier's deadlines, a message's delay. */
const SLACK_MS = 500;
/** From when an acknowledged invalidation holds on replicas that did not hear it. */
const BOUND_MS = SILENCE_MS + SLACK_MS;

/** Several replicas, what they share, and what each may still read. */
export class World {
  readonly time: VirtualTime;
  readonly source: Source;
  readonly bus: TestBus;
  readonly shared: Store | undefined;
  readonly random: () => number;
  readonly options: WorldOptions;
  readonly replicas: ModelReplica[] = [];
  readonly problems: string[] = [];
  #isSharedDown = false;
  #pending = 0;
  #incarnations = 0;
  #floors: Floor[] = [];

  constructor(time: VirtualTime, options: WorldOptions) {
    this.time = time;
    this.options = options;
    this.source = new Source(time);
    this.random = randomFrom(options.seed);
    this.bus = new TestBus(randomBusFaults(options.seed + 1, options.bus));
    this.shared = options.hasShared ? createSharedStore(time) : undefined;
  }

  get isSharedDown(): boolean {
    return this.#isSharedDown;
  }

  async open(): Promise<void> {
    for (let index = 0; index < this.options.replicas; index++) await this.#start(index);
    await this.pass(HEARTBEAT_MS);
  }

  replica(index: number): ModelReplica {
    return this.replicas[index % this.replicas.length]!;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      const step = Math.min(left, STEP_MS);
      await this.time.advance(step);
      for (const floor of this.#floors) this.#age(floor, step);
    }
  }

  toggleShared(): void {
    this.#isSharedDown = !this.#isSharedDown;
  }

  async hold(index: number, link: BusLink, ms: number): Promise<void> {
    const replica = this.replica(index);
    replica.connection.link = link;
    if (link !== 'held') return;
    await this.pass(ms);
    replica.connection.link = 'up';
  }

  /** A process ends at once; another takes its place. */
  async crash(index: number): Promise<void> {
    const at = index % this.replicas.length;
    const { incarnation } = this.replicas[at]!;
    this.replicas[at]!.kill();
    // What nobody else has heard of when its sender dies is known by the shared tier alone.
    this.#floors = this.#floors.filter(({ by, leftMs }) => by !== incarnation || leftMs <= 0);
    await this.#start(at);
  }

  /** Runs what has been asked, without waiting for it; a caller that never gets an answer is a problem. */
  follow(name: string, work: () => Promise<void>): void {
    this.#pending += 1;
    void work()
      .catch((error: unknown) => this.problems.push(`${name} failed: ${String(error)}`))
      .finally(() => (this.#pending -= 1));
  }

  acknowledged(replica: ModelReplica, floors: readonly Versioned[]): void {
    for (const floor of floors) {
      replica.raise(floor);
      this.#floors.push({ ...floor, by: replica.incarnation, leftMs: BOUND_MS });
    }
  }

  /** What a read that begins now on a replica may give at the oldest. */
  floorAt(replica: ModelReplica, namespace: string, key: string): number {
    const others = this.#floors.filter(
      (floor) => floor.leftMs <= 0 && floor.namespace === namespace && floor.key === key,
    );
    return Math.max(replica.floorOf(namespace, key), ...others.map(({ version }) => version));
  }

  check(read: Read): void {
    const { asked, value, floor, beganAt, status } = read;
    if (value === undefined) return;
    const told = `${asked.replica} ${asked.namespace} ${asked.key} (${status}) began ${beganAt} is ${JSON.stringify(value)}`;
    if (value.namespace !== asked.namespace || value.key !== asked.key) this.problems.push(`another's value: ${told}`);
    if (value.version < floor) this.problems.push(`older than ${floor}: ${told}`);
    const keepMs = this.options.ttlMs + (status === 'STALE' ? STALE_FOR_MS + HARD_TIMEOUT_MS : 0) + SLACK_MS;
    if (beganAt > this.source.saidAt(value) + keepMs) this.problems.push(`beyond its life: ${told}`);
  }

  /** All faults end, everything settles, and everything closes. */
  async end(): Promise<void> {
    this.#isSharedDown = false;
    for (const { connection } of this.replicas) connection.link = 'up';
    await this.pass(3_000);
    // Each tier that has to look at many entries is given ten seconds.
    if (this.#pending > 0) await this.pass(20_000);
    if (this.#pending > 0) this.problems.push(`${this.#pending} calls were never answered`);
    const closing = this.replicas.map((replica) => replica.caches.close());
    await this.time.advance(12_000);
    await Promise.all(closing);
  }

  async #start(at: number): Promise<void> {
    const replica = new ModelReplica(this, this.#incarnations++);
    this.replicas[at] = replica;
    await replica.open();
  }

  /** A replica that can't be heard, or that can't reach the shared tier either, can't make others know. */
  #age(floor: Floor, ms: number): void {
    if (floor.leftMs <= 0) return;
    const replica = this.replicas.find(({ incarnation }) => incarnation === floor.by);
    const isReached = replica !== undefined && replica.connection.link === 'up' && replica.owesNothing;
    floor.leftMs = isReached ? floor.leftMs - ms : BOUND_MS;
  }
}

/** A value that was read, and what it was asked with. */
export interface Read {
  readonly asked: { readonly replica: string; readonly namespace: string; readonly key: string };
  readonly value: Versioned | undefined;
  readonly status: CacheStatus;
  readonly floor: number;
  readonly beganAt: number;
}
