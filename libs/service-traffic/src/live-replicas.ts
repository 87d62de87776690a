import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { replicaPresence, type PayloadOf } from '@purser/contracts';
import { PublishChannel, type MessageTransport } from '@purser/messaging';

export interface LiveReplicasOptions {
  /** The service's name. */
  readonly service: string;
  /** This replica's own name; unique among all. */
  readonly replica: string;
  readonly transport: MessageTransport;
  /** Between two signs of life. Default 1 000. */
  readonly intervalMs?: number;
  /** After which a replica that was not heard of is taken for gone. Default 5 000. */
  readonly silenceMs?: number;
  /** How long a start waits for the others to answer its first sign of life. Default 0. */
  readonly meetMs?: number;
  /** In milliseconds. Default the process's monotonic clock. */
  readonly now?: () => number;
}

type Presence = PayloadOf<typeof replicaPresence>;

/** Beyond it new ones are not counted: somebody makes names up. */
const MOST_REPLICAS = 10_000;

/**
 * Which replicas of which services are there, as this one sees it: each says so every second, a new one is answered at once,
 * and one that leaves says so. While this replica has no connection itself nobody is taken for gone: the others go on, and
 * whoever divides something among them had better not give more.
 */
export class LiveReplicas implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Replicas');
  readonly #options: Required<LiveReplicasOptions>;
  readonly #channel: PublishChannel<typeof replicaPresence>;
  /** By name: its service, and when it was last heard of. */
  readonly #others = new Map<string, { readonly service: string; heardAt: number }>();
  readonly #listeners = new Set<(live: number) => void>();
  #live = 1;
  #isHere = false;
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;

  constructor(options: LiveReplicasOptions) {
    const defaults = { intervalMs: 1_000, silenceMs: 5_000, meetMs: 0, now: () => performance.now() };
    this.#options = { ...defaults, ...options };
    this.#channel = new PublishChannel(options.transport, replicaPresence, (error) =>
      this.#logger.warn(`A sign of life of another replica was not understood: ${String(error)}`),
    );
  }

  /** This replica's own name. */
  get replica(): string {
    return this.#options.replica;
  }

  /** How many replicas of this service are there, itself included. */
  get live(): number {
    return this.#live;
  }

  /** The names of all replicas of all services that are there, itself included. */
  names(): string[] {
    return [this.#options.replica, ...this.#others.keys()];
  }

  /** Calls back when {@link live} has changed; the result ends that. A listener must not throw. */
  onChange(listener: (live: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when those that are there have had time to say so. */
  async onApplicationBootstrap(): Promise<void> {
    const { intervalMs, meetMs } = this.#options;
    this.#isHere = true;
    this.#stop = await this.#channel.subscribe((presence) => this.#heard(presence));
    this.#say(false);
    this.#timer = setInterval(() => this.#beat(), intervalMs).unref();
    if (meetMs > 0) await new Promise((resolve) => setTimeout(resolve, meetMs));
  }

  beforeApplicationShutdown(): void {
    if (!this.#isHere) return;
    this.#isHere = false;
    clearInterval(this.#timer);
    this.#stop?.();
    this.#say(true);
  }

  #beat(): void {
    this.#say(false);
    const { now, silenceMs, transport } = this.#options;
    const heardSince = now() - silenceMs;
    const isDeaf = transport.status !== 'connected';
    for (const [name, other] of this.#others) {
      if (isDeaf) other.heardAt = now();
      else if (other.heardAt < heardSince) this.#others.delete(name);
    }
    this.#count();
  }

  #heard({ service, replica, leaving }: Presence): void {
    // What was on its way when this one left must not make it say that it is there.
    if (replica === this.#options.replica || !this.#isHere) return;
    if (leaving) {
      this.#others.delete(replica);
      return this.#count();
    }
    const known = this.#others.get(replica);
    if (known) {
      known.heardAt = this.#options.now();
      return;
    }
    if (this.#others.size >= MOST_REPLICAS) return;
    this.#others.set(replica, { service, heardAt: this.#options.now() });
    // It may have begun to listen after the last sign of life from here.
    this.#say(false);
    this.#count();
  }

  #say(leaving: boolean): void {
    const { service, replica } = this.#options;
    this.#channel.publish({ service, replica, leaving });
  }

  #count(): void {
    const { service } = this.#options;
    const live = 1 + [...this.#others.values()].filter((other) => other.service === service).length;
    if (live === this.#live) return;
    this.#live = live;
    for (const listener of this.#listeners) listener(live);
  }
}
