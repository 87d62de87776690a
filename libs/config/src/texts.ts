import { variable } from './variable.ts';
import type { Declaration, Kind, ValueOf, Variable } from './variable.ts';

/** What a text must look like. */
export interface TextRules {
  /** The fewest characters. Default 1: an empty variable is unset. */
  readonly minLength?: number;
  /** The most characters. Default 4 096. */
  readonly maxLength?: number;
  /** What the whole text must match; comes with `allowed`, which says it in words. */
  readonly pattern?: RegExp;
  /** What is accepted, as a noun phrase. Required with `pattern`. */
  readonly allowed?: string;
}

/** Options of {@link string}. */
export type StringOptions = Declaration<string> & TextRules;
/** Options of {@link secret}. */
export type SecretOptions = Omit<StringOptions, 'secret' | 'default'> & { readonly default?: never };
/** Options of {@link boolean}. */
export type BooleanOptions = Declaration<boolean>;
/** Options of {@link enumeration}. */
export type EnumerationOptions = Declaration<string> & { readonly values: readonly string[] };
/** Options of {@link list}. */
export type ListOptions = Declaration<readonly string[]> & TextRules & { readonly maxItems?: number };

const DEFAULT_MAX_LENGTH = 4_096;
const DEFAULT_MAX_ITEMS = 100;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...{ true: true, on: true, yes: true, 1: true },
  ...{ false: false, off: false, no: false, 0: false },
};

/** Any text, taken as it is. */
export function string<const O extends StringOptions>(options: O): Variable<ValueOf<string, O>> {
  return variable(textKind('text', options), options);
}

/** A text that is never shown. It has no default: a secret in a declaration is none. */
export function secret<const O extends SecretOptions>(options: O): Variable<ValueOf<string, O>> {
  const declaration = { ...options, secret: true } as O & { secret: true };
  return variable(textKind('secret', options), declaration);
}

/** On or off: `true`, `on`, `yes`, `1`, or `false`, `off`, `no`, `0`. */
export function boolean<const O extends BooleanOptions>(options: O): Variable<ValueOf<boolean, O>> {
  const kind: Kind<boolean> = {
    type: 'boolean',
    allowed: 'true, on, yes or 1, or false, off, no or 0',
    parse: (text) => (Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined),
    print: String,
  };
  return variable(kind, options);
}

/** One of the given words, and typed as such. */
export function enumeration<const O extends EnumerationOptions>(
  options: O & { readonly default?: O['values'][number] },
): Variable<ValueOf<O['values'][number], O>> {
  const values: readonly O['values'][number][] = options.values;
  const kind: Kind<O['values'][number]> = {
    type: 'one of',
    allowed: values.length === 1 ? values[0]! : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
    parse: (text) => (values.includes(text) ? text : undefined),
    print: String,
  };
  return variable(kind, options as O & Declaration<O['values'][number]>);
}

/** Texts with commas between them; white space around an item does not count. An empty item is refused. */
export function list<const O extends ListOptions>(options: O): Variable<ValueOf<readonly string[], O>> {
  const { maxItems = DEFAULT_MAX_ITEMS } = options;
  const item = textKind('text', options);
  return variable(
    listKind('list', `1 to ${maxItems} items with commas between them, each ${item.allowed}`, item, maxItems),
    options,
  );
}

/** The kind of a list whose items are of another kind. */
export function listKind(type: string, allowed: string, item: Kind<string>, maxItems: number): Kind<readonly string[]> {
  return {
    type,
    allowed,
    parse: (text) => {
      // The empty text only comes from an empty default: an empty variable is unset.
      const items = text === '' ? [] : text.split(',').map((part) => part.trim());
      const valid = items.length <= maxItems && items.every((part) => item.parse(part) !== undefined);
      return valid ? Object.freeze(items) : undefined;
    },
    print: (items) => items.join(','),
    mask: (text) =>
      text
        .split(',')
        .map((part) => item.mask?.(part) ?? part)
        .join(','),
  };
}

function textKind(type: string, rules: TextRules): Kind<string> {
  const { minLength = 1, maxLength = DEFAULT_MAX_LENGTH, pattern, allowed } = rules;
  if (pattern !== undefined && allowed === undefined)
    throw new Error('A pattern needs `allowed`, which says it in words');
  const whole =
    pattern === undefined ? undefined : new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''));
  return {
    type,
    allowed: `${allowed ?? 'a text'} of ${minLength} to ${maxLength} characters`,
    parse: (text) => {
      const fits = text.length >= minLength && text.length <= maxLength;
      return fits && (whole === undefined || whole.test(text)) ? text : undefined;
    },
    print: String,
  };
}
