import type { ConfigDefinition, ConfigOf, Variables } from './definition.ts';
import { MASK } from './variable.ts';
import type { Variable } from './variable.ts';

/** Where values come from: `process.env`, or an object like it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One refused variable. */
export interface ConfigProblem {
  readonly name: string;
  /** What was read, with secrets masked; null when the variable is unset. */
  readonly received: string | null;
  /** What would have been accepted. */
  readonly allowed: string;
}

const SHOWN_CHARACTERS = 200;

/** The configuration was refused. The message names every bad variable, what was read and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** All problems, in the order of the declaration. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], title?: string) {
    const lines = problems.map(({ name, received, allowed }) => {
      return `  ${name}: ${received === null ? 'is not set' : `read ${received}`}; allowed is ${allowed}`;
    });
    super([`The configuration${title === undefined ? '' : ` of ${title}`} was refused:`, ...lines].join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads the values of a definition from an environment. An empty value is unset; nothing is trimmed or repaired.
 *
 * @returns a frozen object with every declared name
 * @throws {ConfigError} that names all bad values, not only the first
 */
export function loadConfig<V extends Variables>(definition: ConfigDefinition<V>, env: Environment): ConfigOf<V> {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(definition.variables)) {
    const text = env[name];
    if (text === undefined || text === '') {
      values[name] = declared.default;
      if (declared.required) problems.push({ name, received: null, allowed: declared.allowed });
      continue;
    }
    values[name] = declared.parse(text);
    if (values[name] === undefined) problems.push({ name, received: shown(declared, text), allowed: declared.allowed });
  }
  if (problems.length > 0) throw new ConfigError(problems, definition.title);

  const config = Object.freeze(values) as ConfigOf<V>;
  const issues = definition.check(config).map(({ name, allowed }) => {
    const declared = definition.variables[name]!;
    const value = values[name];
    return { name, received: value == null ? null : shown(declared, declared.print(value)), allowed };
  });
  if (issues.length > 0) throw new ConfigError(issues, definition.title);
  return config;
}

function shown(declared: Variable<unknown>, text: string): string {
  // The length is what is usually wrong with a secret, and gives little away.
  if (declared.secret) return `${MASK} (${text.length} characters)`;
  const masked = declared.mask(text);
  return JSON.stringify(masked.length > SHOWN_CHARACTERS ? `${masked.slice(0, SHOWN_CHARACTERS)}…` : masked);
}
