import { compileBreaker, type BreakerOptions, type CompiledBreaker } from './breaker-options.ts';
import type { BreakerListener, BreakerState, HalfOpen } from './breaker-state.ts';
import { BreakerOpen } from './errors.ts';
import { GivenPermit, type Permit, type Settle } from './permit.ts';
import { SlidingWindow } from './sliding-window.ts';

/** A breaker since it was made. */
export interface BreakerStatistics {
  /** Open until the first call after its time: nobody looks before. */
  readonly state: BreakerState['kind'];
  /** Calls that were refused. */
  readonly refused: number;
  /** How often it changed to each state. */
  readonly changes: Readonly<Record<BreakerState['kind'], number>>;
  /** In the window; 0 while it is not closed. */
  readonly window: { readonly calls: number; readonly failures: number; readonly slow: number };
}

const CALLS = 0;
const FAILURES = 1;
const SLOW = 2;
const CLOSED: BreakerState = { kind: 'closed' };

/**
 * Keeps calls away from a dependency that fails or is slow, and finds out when it is well again. See M. Nygard, "Release It!",
 * and the sliding windows of resilience4j.
 *
 * Closed, it counts calls over a window of time, and opens by the share of failures or of slow calls. Open, it refuses. After
 * `openMs` it is half open: as many calls as `probes` go through at once, the others are refused, never made to wait. One
 * probe that fails or is slow opens it for longer than before; enough that succeed close it. What comes back of calls that
 * were let through in a state before is passed over. A call that is still out when it is slow counts then: it need not end.
 *
 * It has no timers: what is due happens with the next call.
 */
export class CircuitBreaker {
  readonly #options: CompiledBreaker;
  readonly #window: SlidingWindow;
  /** Calls that were let through while it was closed and may yet be slow, the oldest first. */
  readonly #underWay = new Set<GivenPermit>();
  readonly #listeners = new Set<BreakerListener>();
  readonly #changes = { closed: 0, open: 0, 'half-open': 0 };
  #state: BreakerState = CLOSED;
  #era = 0;
  #refused = 0;

  /** @throws TypeError naming the option that is out of its bounds */
  constructor(options: BreakerOptions = {}) {
    this.#options = compileBreaker(options);
    this.#window = new SlidingWindow(this.#options.windowMs, 3);
  }

  /** What it is in. Open until the first call after its time. */
  get state(): BreakerState {
    return this.#state;
  }

  /** When a call may be let through: 0 where it is now; while probes are out a guess, `openMs`. */
  get retryAfterMs(): number {
    const state = this.#state;
    if (state.kind === 'closed') return 0;
    if (state.kind === 'open') return Math.max(0, state.until - this.#options.clock.now());
    return state.probes.length < this.#options.probes ? 0 : this.#options.openMs;
  }

  /**
   * Lets a call through, or refuses it (undefined). The permit has to be given back, whatever becomes of the call; a probe's
   * that is not counts as a failure after `probeTimeoutMs`.
   */
  tryEnter(): Permit | undefined {
    if (this.#underWay.size > 0) this.#countOverdue();
    const state = this.#state;
    if (state.kind === 'closed') return this.#permit();
    const now = this.#options.clock.now();
    if (state.kind === 'half-open') return this.#probe(state, now);
    if (now < state.until) return this.#refuse();
    const halfOpen: HalfOpen = { kind: 'half-open', openings: state.openings, probes: [], succeeded: 0 };
    this.#change(halfOpen);
    return this.#probe(halfOpen, now);
  }

  /**
   * Whether a call would be let through now, for who has to wait for something before it can call. Nothing is taken; a no
   * counts as a refusal.
   */
  mayEnter(): boolean {
    if (this.#underWay.size > 0) this.#countOverdue();
    const state = this.#state;
    if (state.kind === 'half-open') this.#giveUpLateProbes(state, this.#options.clock.now());
    if (this.retryAfterMs === 0) return true;
    this.#refused += 1;
    return false;
  }

  /**
   * Does the work unless it is refused. An error for which `isFailure` says no counts as an answer.
   *
   * @param signal the caller's: what fails after it has aborted is not counted
   * @throws BreakerOpen where the work was not begun; else the work's own error
   */
  async execute<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock, isFailure } = this.#options;
    const permit = this.tryEnter();
    if (!permit) throw this.refusal();
    const beganAt = clock.now();
    try {
      const result = await work();
      permit.succeed(clock.now() - beganAt);
      return result;
    } catch (error) {
      const failed = signal?.aborted ? undefined : isFailure(error);
      if (failed) permit.fail();
      else if (failed === false) permit.succeed(clock.now() - beganAt);
      throw error;
    } finally {
      // Where it says nothing, or `isFailure` throws.
      permit.ignore();
    }
  }

  /** The error for a call that {@link tryEnter} refused. */
  refusal(): BreakerOpen {
    return new BreakerOpen(this.#options.name, this.retryAfterMs);
  }

  /** @returns what ends the calls back */
  onChange(listener: BreakerListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  statistics(): BreakerStatistics {
    this.#window.moveTo(this.#options.clock.now());
    const total = (column: number) => this.#window.total(column);
    return {
      state: this.#state.kind,
      refused: this.#refused,
      changes: { ...this.#changes },
      window: { calls: total(CALLS), failures: total(FAILURES), slow: total(SLOW) },
    };
  }

  #permit(): Permit {
    const { slowCallMs, clock } = this.#options;
    if (slowCallMs === Infinity) return new GivenPermit(this.#settle, this.#era, Infinity);
    const permit = new GivenPermit(this.#settle, this.#era, clock.now() + slowCallMs);
    this.#underWay.add(permit);
    return permit;
  }

  #countOverdue(): void {
    const now = this.#options.clock.now();
    for (const permit of this.#underWay) {
      if (now < permit.dueAt) return;
      this.#underWay.delete(permit);
      this.#count(false, true);
    }
  }

  #probe(state: HalfOpen, now: number): Permit | undefined {
    if (this.#giveUpLateProbes(state, now) || state.probes.length >= this.#options.probes) return this.#refuse();
    const { probeTimeoutMs, slowCallMs } = this.#options;
    const permit = new GivenPermit(this.#settle, this.#era, now + Math.min(probeTimeoutMs, slowCallMs));
    this.#state = { ...state, probes: [...state.probes, permit] };
    return permit;
  }

  /** Whether it has opened again because a probe did not come back in time. */
  #giveUpLateProbes({ probes: [oldest], openings }: HalfOpen, now: number): boolean {
    if (!oldest || now < oldest.dueAt) return false;
    this.#open(openings + 1, now);
    return true;
  }

  #refuse(): undefined {
    this.#refused += 1;
    return undefined;
  }

  readonly #settle: Settle = (permit, outcome, durationMs) => {
    const state = this.#state;
    if (permit.era !== this.#era || state.kind === 'open') return;
    // It has counted as slow already.
    if (state.kind === 'closed' && permit.dueAt !== Infinity && !this.#underWay.delete(permit)) return;
    const slow = outcome === 'succeeded' && durationMs >= this.#options.slowCallMs;
    if (state.kind === 'half-open') this.#settleProbe(state, permit, slow ? 'failed' : outcome);
    else if (outcome !== 'ignored') this.#count(outcome === 'failed', slow);
  };

  #settleProbe(state: HalfOpen, permit: GivenPermit, outcome: 'succeeded' | 'failed' | 'ignored'): void {
    const probes = state.probes.filter((probe) => probe !== permit);
    const succeeded = state.succeeded + Number(outcome === 'succeeded');
    if (outcome === 'failed') this.#open(state.openings + 1, this.#options.clock.now());
    else if (succeeded >= this.#options.successesToClose) this.#close();
    else this.#state = { ...state, probes, succeeded };
  }

  #count(failed: boolean, slow: boolean): void {
    const { clock, failureRate, slowCallRate, minimumCalls } = this.#options;
    const now = clock.now();
    const window = this.#window;
    window.moveTo(now);
    window.add(CALLS);
    if (failed) window.add(FAILURES);
    if (slow) window.add(SLOW);
    const calls = window.total(CALLS);
    if (calls < minimumCalls) return;
    const failures = window.total(FAILURES);
    if (failures >= failureRate * calls || window.total(SLOW) >= slowCallRate * calls) this.#open(1, now);
  }

  #open(openings: number, now: number): void {
    const { openMs, maxOpenMs, growth, jitter, random } = this.#options;
    const longest = Math.min(maxOpenMs, openMs * growth ** (openings - 1));
    this.#window.clear();
    this.#change({ kind: 'open', until: now + longest * (1 - jitter * random()), openings });
  }

  #close(): void {
    this.#change(CLOSED);
  }

  #change(to: BreakerState): void {
    const from = this.#state;
    this.#state = to;
    this.#era += 1;
    this.#underWay.clear();
    this.#changes[to.kind] += 1;
    for (const listener of this.#listeners) {
      try {
        listener(to, from);
      } catch (error) {
        // Not the caller's, whose call has an outcome of its own.
        process.emitWarning(`A listener of the breaker ${this.#options.name} threw: ${String(error)}`);
      }
    }
  }
}
