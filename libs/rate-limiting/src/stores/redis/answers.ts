import { LimitStoreError } from '../../core/store-error.ts';
import type { Decision, Demand, SlotHold, Standing } from '../../core/store.ts';
import { badAnswer } from './deadline-batches.ts';

/** What a script says where a key holds something that we did not write. Of the rest Redis is the cause, and it may pass. */
const FOREIGN = /^(?:BADVALUE|WRONGTYPE|ERR)\b/;

/** @throws LimitStoreError where the script says what went wrong, or something else */
export function asWholeNumbers(name: string, count: number, answer: unknown): readonly number[] {
  if (typeof answer === 'string') throw failed(name, answer);
  if (Array.isArray(answer) && answer.length === count && answer.every(Number.isSafeInteger)) return answer as number[];
  throw badAnswer(name, `${count} whole numbers`, answer);
}

/** @throws LimitStoreError where the script says what went wrong, or something else */
export function asFlag(name: string, answer: unknown): boolean {
  if (answer === 0 || answer === 1) return answer === 1;
  throw typeof answer === 'string' ? failed(name, answer) : badAnswer(name, '0 or 1', answer);
}

function failed(name: string, what: string): LimitStoreError {
  return new LimitStoreError(FOREIGN.test(what) ? 'bad-answer' : 'unavailable', `${name}: Redis says ${what}`);
}

/** @throws LimitStoreError where it is no answer of the script's */
export function asDecision(demands: readonly Demand[], holds: readonly SlotHold[], answer: unknown): Decision {
  const numbers = asWholeNumbers('take', 2 + 2 * demands.length, answer);
  const [refusedBy, retryMs] = numbers as [number, number];
  if (refusedBy < 0 || refusedBy > demands.length || retryMs < -1) throw badAnswer('take', 'a decision', answer);
  const standings = demands.map((demand, index) =>
    asStanding(demand, numbers[2 + 2 * index]!, numbers[3 + 2 * index]!),
  );
  if (refusedBy === 0) return { allowed: true, holds, standings };
  return { allowed: false, by: refusedBy - 1, retryAfterMs: retryMs < 0 ? undefined : retryMs, standings };
}

export function asStanding({ limit, subject }: Demand, remaining: number, resetMs: number): Standing {
  return { limit, subject, remaining, resetMs };
}
