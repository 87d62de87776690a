import type { Variable } from './variable.ts';

/** Variables by name. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

/** The values that variables have, by the names as declared. */
export type ConfigOf<V extends Variables> = { readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never };

/** A value that is fine on its own but not together with others. */
export interface ConfigIssue<N extends string = string> {
  /** The variable to change. */
  readonly name: N;
  /** What would be allowed, given the others: "more than CONNECT_TIMEOUT_MS". */
  readonly allowed: string;
}

/** What belongs to a definition beside its variables. */
export interface DefinitionOptions<V extends Variables> {
  /** Whose variables these are: heads errors, `--print-config` and the documentation. */
  readonly title?: string;
  /** Looks at all values together, once each is fine on its own. Each issue refuses the start. */
  readonly check?: (config: ConfigOf<V>) => readonly ConfigIssue<keyof V & string>[];
}

/** The variables of one app. Made by {@link defineConfig}. */
export interface ConfigDefinition<V extends Variables = Variables> {
  readonly title: string | undefined;
  readonly variables: V;
  // A method, so that a definition of particular variables is a definition.
  check(config: ConfigOf<V>): readonly ConfigIssue[];
}

/** The values of a definition: `ConfigFrom<typeof gatewayConfig>`. */
export type ConfigFrom<D extends ConfigDefinition> = ConfigOf<D['variables']>;

const NAME = /^[A-Z][A-Z0-9_]*$/;

/**
 * Declares an app's variables, once.
 *
 * @throws {Error} when a name is not in capitals, digits and underscores
 */
export function defineConfig<const V extends Variables>(
  variables: V,
  options: DefinitionOptions<V> = {},
): ConfigDefinition<V> {
  for (const name of Object.keys(variables)) {
    if (!NAME.test(name)) throw new Error(`${name} can't be a variable: its name must match ${NAME.source}`);
  }
  const check = options.check ?? (() => []);
  return Object.freeze({ title: options.title, variables: Object.freeze({ ...variables }), check });
}
