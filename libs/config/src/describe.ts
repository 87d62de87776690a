import type { ConfigDefinition, ConfigOf, Variables } from './definition.ts';
import { loadConfig } from './load.ts';
import type { Environment } from './load.ts';
import type { Variable } from './variable.ts';

/** One variable as `--print-config` shows it. */
export interface ConfigRow {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  /** The effective value, masked; null when unset. */
  readonly value: string | null;
  /** The default, masked; null when there is none. */
  readonly default: string | null;
  /** Whether the value is another than the default. */
  readonly differs: boolean;
  readonly description: string;
}

/** The effective values, in the order of the declaration. Nothing in it is secret. */
export function describeConfig<V extends Variables>(
  definition: ConfigDefinition<V>,
  config: ConfigOf<V>,
): readonly ConfigRow[] {
  return Object.entries(definition.variables).map(([name, declared]) => {
    const value = print(declared, config[name]);
    const preset = print(declared, declared.default);
    const mask = (text: string | null) => (text === null ? null : declared.mask(text));
    return {
      ...{ name, type: declared.type, unit: declared.unit, description: declared.description },
      ...{ value: mask(value), default: mask(preset), differs: value !== preset },
    };
  });
}

/** The text of `--print-config`: a line for each variable, marked with `*` where it differs from the default. */
export function printConfig<V extends Variables>(definition: ConfigDefinition<V>, config: ConfigOf<V>): string {
  const rows = describeConfig(definition, config);
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, value, unit, differs, default: preset }) => {
    const withUnit = (text: string | null) => {
      if (text === null) return '(unset)';
      return text === '' ? '(empty)' : `${text}${unit ? ` ${unit}` : ''}`;
    };
    const line = `${differs ? '*' : ' '} ${name.padEnd(width)} = ${withUnit(value)}`;
    return differs ? `${line} (default: ${withUnit(preset)})` : line;
  });
  const head = `Configuration${definition.title === undefined ? '' : ` of ${definition.title}`} (* differs from the default):`;
  return `${[head, ...lines].join('\n')}\n`;
}

/**
 * Serves `--print-config`: when it is among the arguments, writes the effective configuration of each definition.
 *
 * @returns whether it was asked for; then there is nothing left to do but to exit
 * @throws {ConfigError} when the configuration is bad
 */
export function printConfigIfAsked(
  argv: readonly string[],
  definitions: readonly ConfigDefinition[],
  env: Environment,
  write: (text: string) => void,
): boolean {
  if (!argv.includes('--print-config')) return false;
  write(definitions.map((definition) => printConfig(definition, loadConfig(definition, env))).join('\n'));
  return true;
}

/** A Markdown table of the variables: name, what is allowed, default, what it does. */
export function configMarkdown(definition: ConfigDefinition): string {
  const rows = Object.entries(definition.variables).map(([name, declared]) => {
    const preset = print(declared, declared.default);
    const shown =
      preset === null || preset === ''
        ? null
        : `\`${declared.mask(preset)}\`${declared.unit ? ` ${declared.unit}` : ''}`;
    const cells = [
      `\`${name}\``,
      declared.allowed,
      shown ?? (declared.required ? 'must be set' : 'unset'),
      declared.description,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  });
  return ['| variable | allowed | default | what it does |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function print(declared: Variable<unknown>, value: unknown): string | null {
  return value === undefined || value === null ? null : declared.print(value);
}
