import { operationNames, type Mix, type OperationName } from '../operations/operation.ts';

/** An argument that can't be used; the message names it, what was read, and what is allowed. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';

  constructor(argument: string, read: string, allowed: string) {
    super(`--${argument} is '${read}': allowed is ${allowed}.`);
  }
}

export function numberOf(argument: string, text: string, min: number, max: number, whole: boolean): number {
  const value = Number(text);
  const fits = /^\d+(\.\d+)?$/.test(text) && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (fits) return value;
  throw new ArgumentError(argument, text, `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** `90s`, `5m`, `1h` in seconds. */
export function durationOf(argument: string, text: string, minSeconds: number, maxSeconds: number): number {
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text);
  const seconds = match ? Number(match[1]) * UNITS[match[2]!]! : Number.NaN;
  if (seconds >= minSeconds && seconds <= maxSeconds) return seconds;
  const allowed = `a time such as 30s, 5m or 1h, from ${minSeconds} to ${maxSeconds} seconds`;
  throw new ArgumentError(argument, text, allowed);
}

const MAX_WEIGHT = 1_000;

/** `chat=70,stream=20,read=10`; what is not named does not come. */
export function mixOf(argument: string, text: string): Mix {
  const mix: Record<OperationName, number> = { chat: 0, stream: 0, read: 0 };
  const allowed = `parts such as chat=70,stream=20,read=10: ${operationNames.join(', ')}, each once with a whole number from 0 to ${MAX_WEIGHT}, not all 0`;
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const match = /^([a-z]+)=(\d{1,4})$/.exec(part.trim());
    const name = operationNames.find((each) => each === match?.[1]);
    if (!match || name === undefined || seen.has(name) || Number(match[2]) > MAX_WEIGHT) {
      throw new ArgumentError(argument, text, allowed);
    }
    seen.add(name);
    mix[name] = Number(match[2]);
  }
  if (operationNames.every((name) => mix[name] === 0)) throw new ArgumentError(argument, text, allowed);
  return mix;
}
