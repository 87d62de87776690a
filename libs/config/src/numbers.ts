import { variable } from './variable.ts';
import type { Declaration, Kind, ValueOf, Variable } from './variable.ts';

/** Options of the variables that are numbers. */
export type NumberOptions = Declaration<number> & {
  /** The smallest value allowed. Default: no bound but what a number holds exactly. */
  readonly min?: number;
  /** The largest value allowed. */
  readonly max?: number;
  /** Shown with the value. */
  readonly unit?: string;
};

/** Options of the variables that have their unit already. */
export type QuantityOptions = Declaration<number> & Pick<NumberOptions, 'min' | 'max'>;

const WHOLE = /^(?:0|-?[1-9]\d{0,15})$/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;
const BYTES = /^(0|[1-9]\d{0,15})(?:([KMGT])(i?)B)?$/;
const POWERS = { K: 1, M: 2, G: 3, T: 4 } as const;

/** A whole number, written in digits. */
export function integer<const O extends NumberOptions>(options: O): Variable<ValueOf<number, O>> {
  return variable(wholeKind('whole number', 'a whole number', options, options.unit), options);
}

/** A number, written in digits with or without decimals. */
export function number<const O extends NumberOptions>(options: O): Variable<ValueOf<number, O>> {
  const kind: Kind<number> = {
    type: 'number',
    unit: options.unit,
    allowed: withBounds('a number', options, options.unit),
    parse: (text) => (DECIMAL.test(text) ? within(Number(text), options) : undefined),
    print: String,
  };
  return variable(kind, options);
}

/** A span of time: a whole number of milliseconds, not negative unless `min` says so. The name should end in `_MS`. */
export function milliseconds<const O extends QuantityOptions>(options: O): Variable<ValueOf<number, O>> {
  const bounds = { min: options.min ?? 0, max: options.max };
  return variable(wholeKind('milliseconds', 'a whole number of milliseconds', bounds, 'ms'), options);
}

/**
 * A size: a whole number of bytes, or with a unit: `KB`, `MB`, `GB`, `TB` (powers of 1000), `KiB`, `MiB`, `GiB`, `TiB`
 * (powers of 1024). The value is in bytes.
 */
export function bytes<const O extends QuantityOptions>(options: O): Variable<ValueOf<number, O>> {
  const bounds = { min: options.min ?? 0, max: options.max };
  const kind: Kind<number> = {
    type: 'bytes',
    unit: 'bytes',
    allowed: `${withBounds('a size', bounds, 'bytes')}, such as 512, 64KiB or 10MB`,
    parse: (text) => within(sizeOf(text), bounds),
    print: String,
  };
  return variable(kind, options);
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

function wholeKind(type: string, noun: string, bounds: Bounds, unit?: string): Kind<number> {
  return {
    type,
    unit,
    allowed: withBounds(noun, bounds, unit),
    parse: (text) => (WHOLE.test(text) ? within(Number(text), bounds) : undefined),
    print: String,
  };
}

function sizeOf(text: string): number {
  const match = BYTES.exec(text);
  if (match === null) return NaN;
  const power = match[2] === undefined ? 0 : POWERS[match[2] as keyof typeof POWERS];
  return Number(match[1]) * (match[3] === 'i' ? 1024 : 1000) ** power;
}

function within(value: number, { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }: Bounds) {
  return value >= min && value <= max ? value : undefined;
}

function withBounds(noun: string, { min, max }: Bounds, unit?: string): string {
  const suffix = unit === undefined || noun.endsWith('milliseconds') ? '' : ` ${unit}`;
  if (min !== undefined && max !== undefined) return `${noun} from ${min} to ${max}${suffix}`;
  if (min !== undefined) return `${noun} from ${min}${suffix} up`;
  if (max !== undefined) return `${noun} up to ${max}${suffix}`;
  return `${noun}${suffix === '' ? '' : ` of${suffix}`}`;
}
