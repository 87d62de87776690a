import type { ConfigDefinition, ConfigOf, Variables } from './definition.ts';
import { printConfigIfAsked } from './describe.ts';
import { ConfigError, loadConfig } from './load.ts';
import { mistypedVariables } from './mistyped.ts';

/**
 * The configuration of this process from its environment, for the first line of a program. With `--print-config` it is
 * printed and the process ends; where it is bad, what is wrong is printed and the process ends with code 1. Variables
 * that look mistyped are named in a warning.
 */
export function configOfProcess<V extends Variables>(definition: ConfigDefinition<V>): ConfigOf<V> {
  const { argv, env, stdout, stderr } = process;
  try {
    if (printConfigIfAsked(argv, [definition], env, (text) => void stdout.write(text))) process.exit(0);
    const config = loadConfig(definition, env);
    for (const { name, meant } of mistypedVariables([definition], env)) {
      stderr.write(`${name} is set but unknown: did you mean ${meant}?\n`);
    }
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
