import { FAULTS, isFault } from './faults.ts';
import type { FaultRule } from './faults.ts';
import { usdToNanos } from './money.ts';
import type { Prices } from './money.ts';

/** A model that can be called. Prices are decimal strings of USD per million tokens. */
export interface SimulatedModel {
  readonly id: string;
  readonly inputUsdPerMillion: string;
  /** Price of prompt tokens read from the cache. Default: the input price. */
  readonly cachedInputUsdPerMillion?: string;
  readonly outputUsdPerMillion: string;
  /** Default 128 000. */
  readonly contextTokens?: number;
  /** Default 16 384. */
  readonly maxOutputTokens?: number;
}

/** Everything that can be changed while the simulator runs. */
export interface SimulatorSettings {
  readonly models: readonly SimulatedModel[];
  /** Time until the first byte of an answer. Default 0. */
  readonly firstByteMs: number;
  /** Time for each token after that. Default 0. */
  readonly perTokenMs: number;
  /** The fewest tokens of an answer, where the request does not say. Default 8. */
  readonly minTokens: number;
  /** The most tokens of an answer, where the request does not say. Default 48. */
  readonly maxTokens: number;
  /**
   * How prompt tokens are counted. `estimate`: the bytes of messages and tools, by four, rounded up. `bound`: the bytes of
   * the whole body and 16 a message, which is the most that Purser reserves for. Default `estimate`.
   */
  readonly promptTokens: 'estimate' | 'bound';
  /** Share of the prompt that comes from the cache, 0 to 1. Default 0. */
  readonly cachedShare: number;
  /** When set, requests must carry it as bearer token. Default null. */
  readonly apiKey: string | null;
  /** What a 429 says in Retry-After. Default 1. */
  readonly retryAfterSeconds: number;
  /** Time for each token under the fault `slow-tokens`. Default 250. */
  readonly slowTokenMs: number;
  /** How long a hanging request hangs before its connection is dropped. Default 600 000. */
  readonly hangMs: number;
  /** Faults by schedule; the first rule that strikes wins. Default none. */
  readonly faults: readonly FaultRule[];
}

/** The settings a simulator starts with when nothing else is said. */
export const DEFAULT_SETTINGS: SimulatorSettings = Object.freeze({
  models: Object.freeze([model('sim-small', '0.15', '0.075', '0.60'), model('sim-large', '2.50', '1.25', '10.00')]),
  firstByteMs: 0,
  perTokenMs: 0,
  minTokens: 8,
  maxTokens: 48,
  promptTokens: 'estimate',
  cachedShare: 0,
  apiKey: null,
  retryAfterSeconds: 1,
  slowTokenMs: 250,
  hangMs: 600_000,
  faults: Object.freeze([]),
});

/** A setting was refused; the message names it and says what is allowed. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** A model with its prices read and its defaults filled in. */
export interface PricedModel extends Prices {
  readonly id: string;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
}

const MAX_MS = 3_600_000;
const MAX_TOKENS = 1_000_000;

type Check = readonly [accepts: (value: unknown) => boolean, allowed: string];

const fromTo = (min: number, max: number, whole = true): Check => [
  (value) => typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value)),
  `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
];

const checks: Readonly<Record<keyof SimulatorSettings, Check>> = {
  models: [(value) => isListOf(value, 1, 100, isModel), '1 to 100 of {id, inputUsdPerMillion, outputUsdPerMillion, …}'],
  firstByteMs: fromTo(0, MAX_MS, false),
  perTokenMs: fromTo(0, MAX_MS, false),
  minTokens: fromTo(1, MAX_TOKENS),
  maxTokens: fromTo(1, MAX_TOKENS),
  promptTokens: [(value) => value === 'estimate' || value === 'bound', 'estimate or bound'],
  cachedShare: fromTo(0, 1, false),
  apiKey: [
    (value) => value === null || (typeof value === 'string' && value !== ''),
    'a text that is not empty, or null',
  ],
  retryAfterSeconds: fromTo(0, 86_400),
  slowTokenMs: fromTo(0, MAX_MS, false),
  hangMs: fromTo(0, MAX_MS, false),
  faults: [
    (value) => isListOf(value, 0, 100, isRule),
    `up to 100 of {fault, every?, first?, probability?, model?} with fault a status from 400 to 599 or ${FAULTS.join(', ')}`,
  ],
};

function isSetting(name: string): name is keyof SimulatorSettings {
  return Object.hasOwn(checks, name);
}

/**
 * The settings with some of them changed; a list replaces the list, and what is undefined stays.
 *
 * @throws {SettingsError} when one is unknown or not allowed; then nothing is changed
 */
export function changed(current: SimulatorSettings, changes: unknown): SimulatorSettings {
  if (!isRecord(changes)) throw new SettingsError('Settings must be an object');
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!isSetting(name))
      throw new SettingsError(`${name} is no setting; allowed are ${Object.keys(checks).join(', ')}`);
    const [accepts, allowed] = checks[name];
    if (!accepts(value)) throw new SettingsError(`${name} must be ${allowed}`);
  }
  const settings: SimulatorSettings = { ...current, ...structuredClone(Object.fromEntries(given)) };
  if (settings.minTokens > settings.maxTokens) throw new SettingsError('minTokens must not be above maxTokens');
  return Object.freeze(settings);
}

/** The models by id, ready to be billed by. */
export function priced(models: readonly SimulatedModel[]): ReadonlyMap<string, PricedModel> {
  return new Map(models.map((entry) => [entry.id, withPrices(entry)]));
}

function withPrices(entry: SimulatedModel): PricedModel {
  const { id, contextTokens = 128_000, maxOutputTokens = 16_384 } = entry;
  return {
    ...{ id, contextTokens, maxOutputTokens },
    inputNanos: usdToNanos(entry.inputUsdPerMillion)!,
    cachedInputNanos: usdToNanos(entry.cachedInputUsdPerMillion ?? entry.inputUsdPerMillion)!,
    outputNanos: usdToNanos(entry.outputUsdPerMillion)!,
  };
}

function model(id: string, input: string, cached: string, output: string): SimulatedModel {
  return Object.freeze({
    ...{ id, inputUsdPerMillion: input, cachedInputUsdPerMillion: cached, outputUsdPerMillion: output },
    ...{ contextTokens: 128_000, maxOutputTokens: 16_384 },
  });
}

function isModel(value: unknown): boolean {
  if (!isRecord(value) || typeof value.id !== 'string' || !/^[\w.:/-]{1,100}$/.test(value.id)) return false;
  const known = ['id', 'inputUsdPerMillion', 'cachedInputUsdPerMillion', 'outputUsdPerMillion'];
  const prices = [value.inputUsdPerMillion, value.outputUsdPerMillion, value.cachedInputUsdPerMillion ?? '0'];
  const limits = [value.contextTokens ?? 1, value.maxOutputTokens ?? 1];
  return (
    onlyKnown(value, [...known, 'contextTokens', 'maxOutputTokens']) &&
    prices.every((price) => usdToNanos(price) !== undefined) &&
    limits.every(fromTo(1, 10 * MAX_TOKENS)[0])
  );
}

function isRule(value: unknown): boolean {
  if (!isRecord(value) || !isFault(value.fault)) return false;
  return (
    onlyKnown(value, ['fault', 'every', 'first', 'probability', 'model']) &&
    [value.every ?? 1, value.first ?? 1].every(fromTo(1, Number.MAX_SAFE_INTEGER)[0]) &&
    fromTo(0, 1, false)[0](value.probability ?? 0) &&
    typeof (value.model ?? '') === 'string'
  );
}

function onlyKnown(value: object, known: readonly string[]): boolean {
  return Object.keys(value).every((key) => known.includes(key));
}

function isListOf(value: unknown, min: number, max: number, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length >= min && value.length <= max && value.every(accepts);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
