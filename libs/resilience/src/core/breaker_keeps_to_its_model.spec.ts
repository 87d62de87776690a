import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './permit.ts';

const SETTINGS = { windowMs: 1_000, minimumCalls: 4, openMs: 500, maxOpenMs: 2_000, probeTimeoutMs: 3_000 };
const [PROBES, SUCCESSES, SLOW_MS] = [2, 3, 100];

interface Held {
  readonly permit: Permit;
  readonly era: number;
  readonly beganAt: number;
  isLate?: true;
}

/** The breaker as it reads in the documentation: a list of what was counted, and no cleverness. */
class Model {
  kind: 'closed' | 'open' | 'half-open' = 'closed';
  era = 0;
  counted: { at: number; failed: boolean; slow: boolean }[] = [];
  /** Probes. */
  out: Held[] = [];
  /** Let through while it was closed. */
  underWay: Held[] = [];
  openings = 0;
  succeeded = 0;
  until = 0;

  /** Whether a call goes through. */
  enter(now: number): boolean {
    for (const call of this.underWay.filter(({ era, isLate }) => era === this.era && !isLate)) {
      if (this.kind !== 'closed' || now - call.beganAt < SLOW_MS) break;
      call.isLate = true;
      this.count({ at: now, failed: false, slow: true }, now);
    }
    if (this.kind === 'closed') return true;
    if (this.kind === 'open') {
      if (now < this.until) return false;
      this.become('half-open');
      this.succeeded = 0;
      this.out = [];
    }
    const [oldest] = this.out;
    if (oldest && now - oldest.beganAt >= Math.min(SETTINGS.probeTimeoutMs, SLOW_MS)) this.open(now);
    return this.kind === 'half-open' && this.out.length < PROBES;
  }

  settle(held: Held, outcome: 'succeeded' | 'failed' | 'ignored', durationMs: number, now: number): void {
    this.underWay = this.underWay.filter((other) => other !== held);
    if (held.era !== this.era || held.isLate) return;
    const slow = outcome === 'succeeded' && durationMs >= SLOW_MS;
    if (this.kind === 'half-open') {
      this.out = this.out.filter((other) => other !== held);
      if (outcome === 'failed' || slow) this.open(now);
      else if (outcome === 'succeeded' && ++this.succeeded === SUCCESSES) {
        this.become('closed');
        this.openings = 0;
      }
    } else if (outcome !== 'ignored') this.count({ at: now, failed: outcome === 'failed', slow }, now);
  }

  private count(call: Model['counted'][number], now: number): void {
    this.counted.push(call);
    // In whole buckets of a tenth, as the window is documented.
    const bucket = SETTINGS.windowMs / 10;
    const kept = this.counted.filter(({ at }) => Math.floor(now / bucket) - Math.floor(at / bucket) <= 10);
    const share = (of: readonly unknown[]) => of.length / kept.length;
    const bad = Math.max(share(kept.filter(({ failed }) => failed)), share(kept.filter(({ slow }) => slow)));
    if (kept.length >= SETTINGS.minimumCalls && bad >= 0.5) this.open(now);
  }

  private open(now: number): void {
    this.openings += 1;
    this.counted = [];
    this.until = now + Math.min(SETTINGS.maxOpenMs, SETTINGS.openMs * 2 ** (this.openings - 1));
    this.become('open');
  }

  private become(kind: Model['kind']): void {
    this.kind = kind;
    this.era += 1;
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: 'enter' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(20),
      outcome: fc.constantFrom('succeeded', 'failed', 'ignored'),
      durationMs: fc.constantFrom(1, 99, 100, 500),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 400, 600, 3_000) }),
  },
);

it('does what its model does, whatever is done in whatever order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const time = new SimulatedTime();
      const breaker = new CircuitBreaker({
        ...SETTINGS,
        ...{ probes: PROBES, successesToClose: SUCCESSES, slowCallMs: SLOW_MS, jitter: 0, clock: time },
      });
      const model = new Model();
      const held: Held[] = [];
      for (const next of steps) {
        if (next.do === 'wait') time.skip(next.ms);
        else if (next.do === 'enter') {
          const allowed = model.enter(time.now());
          const permit = breaker.tryEnter();
          expect(permit !== undefined).toBe(allowed);
          if (permit) {
            const one: Held = { permit, era: model.era, beganAt: time.now() };
            held.push(one);
            (model.kind === 'half-open' ? model.out : model.underWay).push(one);
          }
        } else {
          const [one] = held.splice(next.which % (held.length || 1), 1);
          if (!one) continue;
          model.settle(one, next.outcome, next.durationMs, time.now());
          if (next.outcome === 'succeeded') one.permit.succeed(next.durationMs);
          else if (next.outcome === 'failed') one.permit.fail();
          else one.permit.ignore();
        }
        expect(breaker.state.kind).toBe(model.kind);
      }
    }),
    { numRuns: 500 },
  );
});
