import { MOST } from './check.ts';
import { isLimit } from './limit.ts';
import type { Demand } from './store.ts';

/** A request is never under more limits than a few; it bounds the search for doubles too. */
const MOST_DEMANDS = 64;
const MOST_CHARACTERS = 256;

/** @throws TypeError naming the field */
export function checkDemands(demands: readonly Demand[]): void {
  if (!Array.isArray(demands) || demands.length > MOST_DEMANDS) {
    throw new TypeError(`demands must be a list of at most ${MOST_DEMANDS}`);
  }
  for (let index = 0; index < demands.length; index += 1) checkDemand(demands, index);
}

/** @throws TypeError naming the field */
export function checkName(field: string, name: string): void {
  if (typeof name === 'string' && name.length > 0 && name.length <= MOST_CHARACTERS) return;
  throw new TypeError(`${field} must be a text of 1 to ${MOST_CHARACTERS} characters, not ${shown(name)}`);
}

/** @throws TypeError naming the field */
export function checkAmount(field: string, amount: number): void {
  if (typeof amount === 'number' && amount >= 0 && amount <= MOST) return;
  throw new TypeError(`${field} must be a number of at least 0 and at most 1e12, not ${String(amount)}`);
}

function checkDemand(demands: readonly Demand[], index: number): void {
  const { limit, subject, cost } = demands[index]!;
  if (!isLimit(limit)) throw new TypeError(`demands[${index}].limit must be made by rateLimit or slotLimit`);
  if (typeof subject !== 'string' || subject.length === 0 || subject.length > MOST_CHARACTERS) {
    checkName(`demands[${index}].subject`, subject);
  }
  if (cost !== undefined) checkCost(index, limit.kind, cost);
  for (let other = 0; other < index; other += 1) {
    const before = demands[other]!;
    if (before.subject === subject && before.limit.name === limit.name) {
      throw new TypeError(`demands[${index}] asks ${limit.name} of ${shown(subject)} again: ask for all of it at once`);
    }
  }
}

function checkCost(index: number, kind: 'rate' | 'slots', cost: number): void {
  if (kind === 'rate') checkAmount(`demands[${index}].cost`, cost);
  else if (cost !== 1) throw new TypeError(`demands[${index}].cost must be 1, as slots are taken one at a time`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : String(value);
}
