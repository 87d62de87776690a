/** What every declaration of a variable says. */
export interface Described {
  /** What the variable does, in one line: for `--print-config` and the documentation. */
  readonly description: string;
  /** Its value is never printed, nor shown in an error. Default false. */
  readonly secret?: boolean;
}

/** A variable has a default, or is optional (`undefined` when unset), or must be set. */
export type Presence<T> =
  | { readonly default: T; readonly optional?: never }
  | { readonly default?: never; readonly optional: true }
  | { readonly default?: never; readonly optional?: never };

/** The options that all kinds of variable share. */
export type Declaration<T> = Described & Presence<T>;

/** The type that a declaration gives its value. */
export type ValueOf<T, O> = O extends { readonly optional: true } ? T | undefined : T;

/** One declared variable. Made by `integer`, `url` and the like; nothing else needs to build one. */
export interface Variable<T> {
  /** The kind of value, as documentation names it. */
  readonly type: string;
  /** The unit of a number, such as `ms`. */
  readonly unit: string | undefined;
  /** What is accepted, as a noun phrase: "a whole number from 0 to 65535". */
  readonly allowed: string;
  readonly description: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly default: T | undefined;
  /** Reads a value that is set; `undefined` refuses it. */
  parse(text: string): NonNullable<T> | undefined;
  /** Prints a value in the form that `parse` reads. */
  print(value: NonNullable<T>): string;
  /** What may be shown of a text that was read, whether it was accepted or not. */
  mask(text: string): string;
}

/** The part of a variable that depends on its kind. */
export interface Kind<T> {
  readonly type: string;
  readonly unit?: string;
  readonly allowed: string;
  parse(text: string): T | undefined;
  print(value: T): string;
  mask?(text: string): string;
}

/** What stands in the place of a secret. */
export const MASK = '********';

/**
 * Joins a kind and a declaration.
 *
 * @throws {Error} when the default is not a value that the variable would accept
 */
export function variable<T, O extends Declaration<T>>(kind: Kind<T>, declaration: O): Variable<ValueOf<T, O>> {
  const { default: preset, optional, description, secret = false } = declaration;
  if (preset !== undefined && kind.parse(kind.print(preset)) === undefined) {
    throw new Error(`The default ${JSON.stringify(kind.print(preset))} of a variable is not ${kind.allowed}`);
  }
  const declared: Variable<T> = {
    type: kind.type,
    unit: kind.unit,
    allowed: kind.allowed,
    description,
    secret,
    required: preset === undefined && !optional,
    default: preset,
    parse: (text) => kind.parse(text) as NonNullable<T> | undefined,
    print: (value) => kind.print(value),
    mask: (text) => (secret ? MASK : (kind.mask?.(text) ?? text)),
  };
  return Object.freeze(declared);
}
