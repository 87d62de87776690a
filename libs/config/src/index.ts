export { configOfProcess } from './config-of-process.ts';
export { defineConfig } from './definition.ts';
export type {
  ConfigDefinition,
  ConfigFrom,
  ConfigIssue,
  ConfigOf,
  DefinitionOptions,
  Variables,
} from './definition.ts';
export { configMarkdown, describeConfig, printConfig, printConfigIfAsked } from './describe.ts';
export type { ConfigRow } from './describe.ts';
export { ConfigError, loadConfig } from './load.ts';
export type { ConfigProblem, Environment } from './load.ts';
export { mistypedVariables } from './mistyped.ts';
export type { MistypedVariable } from './mistyped.ts';
export { bytes, integer, milliseconds, number } from './numbers.ts';
export type { NumberOptions, QuantityOptions } from './numbers.ts';
export { boolean, enumeration, list, secret, string } from './texts.ts';
export type {
  BooleanOptions,
  EnumerationOptions,
  ListOptions,
  SecretOptions,
  StringOptions,
  TextRules,
} from './texts.ts';
export { url, urlList } from './urls.ts';
export type { UrlListOptions, UrlOptions } from './urls.ts';
export type { Declaration, Described, Presence, ValueOf, Variable } from './variable.ts';
