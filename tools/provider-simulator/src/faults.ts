import { randomFrom, seedFrom } from './random.ts';

/** The faults that are not a status. */
export const FAULTS = [
  'hang',
  'hang-mid-stream',
  'slow-tokens',
  'drop-before-byte',
  'drop-mid-stream',
  'malformed-sse',
  'missing-usage',
  'usage-above-bound',
  'error-body',
] as const;

/** A fault by name, or an HTTP status from 400 to 599 in digits. The README says what each does. */
export type Fault = (typeof FAULTS)[number] | `${number}`;

/** When a fault strikes: whenever every condition that is given holds. */
export interface FaultRule {
  readonly fault: Fault;
  /** Only every nth request that the rule could strike: 3 strikes the 3rd, the 6th and so on. */
  readonly every?: number;
  /** Only the first so many requests that the rule could strike. */
  readonly first?: number;
  /** Only with this probability, from 0 to 1; follows from the seed and the number of the request. */
  readonly probability?: number;
  /** Only requests for this model. */
  readonly model?: string;
}

/** Whether the text names a fault. */
export function isFault(text: unknown): text is Fault {
  return typeof text === 'string' && (/^[45]\d\d$/.test(text) || (FAULTS as readonly string[]).includes(text));
}

/** The status of a fault that is one. */
export function statusOf(fault: Fault | undefined): number | undefined {
  return fault !== undefined && /^\d/.test(fault) ? Number(fault) : undefined;
}

/** Rules at work. Counts the requests that each could strike, so a new set of rules begins to count anew. */
export class FaultSchedule {
  readonly #rules: readonly { rule: FaultRule; random: () => number; seen: number }[];

  constructor(rules: readonly FaultRule[], seed: string) {
    this.#rules = rules.map((rule, index) => ({ rule, random: randomFrom(seedFrom(seed, `fault ${index}`)), seen: 0 }));
  }

  /** The fault of the first rule that strikes the next request. Every rule counts the request, struck or not. */
  next(model: string): Fault | undefined {
    let struck: Fault | undefined;
    for (const entry of this.#rules) {
      const { rule, random } = entry;
      if (rule.model !== undefined && rule.model !== model) continue;
      entry.seen++;
      const strikes =
        entry.seen % (rule.every ?? 1) === 0 &&
        entry.seen <= (rule.first ?? Infinity) &&
        (rule.probability === undefined || random() < rule.probability);
      if (strikes) struck ??= rule.fault;
    }
    return struck;
  }
}
