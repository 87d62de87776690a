/** Something that a service needs to do its work. */
export interface ReadinessCheck {
  /** As /health/ready shows it: `database`, `messages`, `configuration`. */
  readonly name: string;
  /** Resolves when it is there; a rejection says, in its message, what is missing. */
  check(): Promise<void> | void;
  /** After which an attempt has failed. Default 2 000. */
  readonly timeoutMs?: number;
}

/** What is known of one check. `message` says what is missing while it is down. */
export interface CheckState {
  readonly name: string;
  readonly up: boolean;
  readonly message?: string;
}

export interface ReadinessOptions {
  /** Between two rounds of checks, once everything was there. Default 1 000. */
  readonly intervalMs?: number;
  /** Failures in a row that make a check that was up fall. Default 2. One success makes it rise. */
  readonly failuresToFall?: number;
}

/** Between two rounds until everything was there for the first time: nobody should wait for a probe's rhythm to start. */
const startingIntervalMs = 50;

class Watched {
  readonly #check: ReadinessCheck;
  readonly #failuresToFall: number;
  #up = false;
  #message = 'has not been checked yet';
  #failures = 0;
  #running = false;

  constructor(check: ReadinessCheck, failuresToFall: number) {
    this.#check = check;
    this.#failuresToFall = failuresToFall;
  }

  get state(): CheckState {
    const { name } = this.#check;
    return this.#up ? { name, up: true } : { name, up: false, message: this.#message };
  }

  /** One attempt. One that still hangs from before counts as another failure, and no second is begun beside it. */
  async attempt(): Promise<void> {
    const { timeoutMs = 2_000 } = this.#check;
    if (this.#running) return this.#failed(new Error('does not answer'));
    this.#running = true;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`did not answer within ${timeoutMs} ms`)), timeoutMs);
    const work = (async () => this.#check.check())().finally(() => (this.#running = false));
    try {
      await Promise.race([work, late]);
      this.#up = true;
      this.#failures = 0;
    } catch (error) {
      this.#failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    this.#message = error instanceof Error ? error.message : String(error);
    if (this.#failures >= this.#failuresToFall) this.#up = false;
  }
}

/**
 * Whether a service can do its work, found out in the background: a probe costs no check, and however many probes come,
 * a dependency is asked once per interval. What is shown is at most one interval and one timeout old.
 *
 * A single failed attempt of something that was up changes nothing (a replica taken out of service for one slow ping
 * makes the others slower still); one success is enough to come back.
 */
export class Readiness {
  readonly #intervalMs: number;
  readonly #failuresToFall: number;
  readonly #watched: Watched[] = [];
  readonly #waiters = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #state: 'idle' | 'watching' | 'stopped' = 'idle';
  #draining = false;
  #started = false;
  #wasReady = false;

  constructor({ intervalMs = 1_000, failuresToFall = 2 }: ReadinessOptions = {}) {
    this.#intervalMs = intervalMs;
    this.#failuresToFall = failuresToFall;
  }

  /** The service has started; stays so. */
  get started(): boolean {
    return this.#started;
  }

  /** Started, not draining, and every check is up. */
  get ready(): boolean {
    return this.states().every(({ up }) => up);
  }

  /** Adds a check; it is down until its first success. */
  add(check: ReadinessCheck): void {
    const watched = new Watched(check, this.#failuresToFall);
    this.#watched.push(watched);
    if (this.#state === 'watching') void watched.attempt();
  }

  /** What makes up {@link ready}, each by itself: `service` and the checks. */
  states(): readonly CheckState[] {
    const message = this.#draining ? 'is stopping' : 'is starting';
    const service = { name: 'service', up: this.#started && !this.#draining };
    return [service.up ? service : { ...service, message }, ...this.#watched.map(({ state }) => state)];
  }

  /** Begins to check, until {@link stop}. */
  watch(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'watching';
    void this.#round();
  }

  /** The service's start is complete. */
  start(): void {
    this.#started = true;
    this.#tell();
  }

  /** Not ready from now on, whatever the checks say. */
  fall(): void {
    this.#draining = true;
  }

  /** Ends the checking. */
  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
  }

  /** Resolves once {@link ready}, or when `signal` is aborted. */
  async whenReady(signal: AbortSignal): Promise<void> {
    const tell = (): void => this.#tell();
    signal.addEventListener('abort', tell);
    while (!this.ready && !signal.aborted) await new Promise<void>((resolve) => this.#waiters.add(resolve));
    signal.removeEventListener('abort', tell);
  }

  async #round(): Promise<void> {
    await Promise.all(this.#watched.map((watched) => watched.attempt()));
    this.#tell();
    if (this.#state !== 'watching') return;
    this.#wasReady ||= this.ready;
    const waitMs = this.#wasReady ? this.#intervalMs : Math.min(startingIntervalMs, this.#intervalMs);
    this.#timer = setTimeout(() => void this.#round(), waitMs);
    // Probing alone is no reason for a process to live.
    this.#timer.unref();
  }

  #tell(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}
