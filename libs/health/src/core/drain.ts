/** The order in which a service stops (docs/architecture: "Lifecycle and probes"). */
export const drainPhases = ['readiness', 'stop', 'in-flight', 'release', 'flush', 'disconnect', 'close'] as const;

/**
 * - `readiness`: say that nothing more should be sent here; then follows the delay in which that gets around
 * - `stop`: take no new work
 * - `in-flight`: work under way ends
 * - `release`: give back what is held (leases)
 * - `flush`: write out what is only in memory or only here (the journal)
 * - `disconnect`: let messages out, leave the broker
 * - `close`: close pools and files
 */
export type DrainPhase = (typeof drainPhases)[number];

/**
 * One step. It should give up after `deadlineMs`, when `signal` is aborted and the next phase begins regardless.
 * `false`, or a rejection, says that it did not finish.
 */
export type DrainStep = (deadlineMs: number, signal: AbortSignal) => Promise<boolean | void> | boolean | void;

/** Work that is counted, and waited for while draining. */
export interface InFlightWork {
  readonly inFlight: number;
  /** Whether nothing was in flight before `deadlineMs` had passed. */
  idle(deadlineMs: number): Promise<boolean>;
}

export interface DrainOptions {
  /** Between falling readiness and taking no new work: the time that load balancers need to notice. */
  readonly delayMs: number;
  /** For taking no new work and for work under way to end. Each later phase has at most 5 s of its own. */
  readonly timeoutMs: number;
}

export interface DrainResult {
  /** Every step finished. */
  readonly drained: boolean;
  /** What did not, as `phase: name (why)`. */
  readonly unfinished: readonly string[];
}

interface Step {
  readonly name: string;
  readonly run: DrainStep;
}

const laterPhaseMs = 5_000;

/**
 * Stops a service in order. Components add their steps when they start; the steps of a phase run at the same time, the
 * phases one after the other. A step that fails or hangs is named in the result and stops none of the later ones.
 */
export class Drain {
  readonly #steps = new Map<DrainPhase, Step[]>();
  readonly #work = new Map<string, InFlightWork>();
  #unreadySince: number | undefined;
  #result: Promise<DrainResult> | undefined;

  /** Whether {@link fallReadiness} or {@link run} was called. */
  get draining(): boolean {
    return this.#unreadySince !== undefined;
  }

  /** Adds a step; ignored by a drain that has passed the phase already. */
  add(phase: DrainPhase, name: string, run: DrainStep): void {
    const steps = this.#steps.get(phase) ?? [];
    steps.push({ name, run });
    this.#steps.set(phase, steps);
  }

  /** Counts `work` under `name` and waits for it in the phase `in-flight`. */
  watch(name: string, work: InFlightWork): void {
    this.#work.set(name, work);
    this.add('in-flight', name, async (deadlineMs) => {
      if (await work.idle(deadlineMs)) return;
      throw new Error(`${work.inFlight} in flight`);
    });
  }

  /** What is in flight now, by name. */
  inFlight(): ReadonlyMap<string, number> {
    return new Map([...this.#work].map(([name, work]) => [name, work.inFlight]));
  }

  /** Runs the first phase alone; the delay counts from here. For a process whose services drain one after the other. */
  fallReadiness(): void {
    if (this.#unreadySince !== undefined) return;
    this.#unreadySince = performance.now();
    for (const { run } of this.#steps.get('readiness') ?? []) void run(0, AbortSignal.abort());
  }

  /** Drains once; every further call gets the result of the first. Never rejects. */
  run(options: DrainOptions): Promise<DrainResult> {
    this.#result ??= this.#run(options);
    return this.#result;
  }

  async #run({ delayMs, timeoutMs }: DrainOptions): Promise<DrainResult> {
    this.fallReadiness();
    const since = this.#unreadySince ?? performance.now();
    await sleep(delayMs - (performance.now() - since));
    const endsAt = performance.now() + timeoutMs;
    const unfinished: string[] = [];
    for (const phase of drainPhases.slice(1)) {
      const shared = phase === 'stop' || phase === 'in-flight';
      const limitMs = shared ? Math.max(0, endsAt - performance.now()) : laterPhaseMs;
      const steps = this.#steps.get(phase) ?? [];
      const failures = await Promise.all(steps.map((step) => failureOf(step, limitMs)));
      failures.forEach((why, index) => {
        if (why !== undefined) unfinished.push(`${phase}: ${steps[index]?.name} (${why})`);
      });
    }
    return { drained: unfinished.length === 0, unfinished };
  }
}

/** Why `step` did not finish within `limitMs`; undefined when it did. */
async function failureOf({ run }: Step, limitMs: number): Promise<string | undefined> {
  const abort = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    abort.abort();
    // The step's own word on what is left comes first, if it has one ready.
    setImmediate(resolve, `not within ${Math.round(limitMs)} ms`);
  }, limitMs);
  const work = (async () => run(limitMs, abort.signal))().then(
    (finished) => (finished === false ? 'not finished' : undefined),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const why = await Promise.race([work, late]);
  clearTimeout(timer);
  return why;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
