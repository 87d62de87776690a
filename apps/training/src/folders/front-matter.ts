import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { Unreadable } from '../items/unreadable.ts';
import { plainFields, type PlainField } from './plain-fields.ts';

/** A Markdown file in its two parts. */
export interface MarkdownFile {
  /** The fields asked for: their text as it was written (`1.10` stays `1.10`), null where there is none. */
  readonly fields: Readonly<Record<string, string | null>>;
  /** The texts of the fields that may be lists: of a list its plain values, else the one text that was written. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Fields asked for that hold a list or a map where that is no value of theirs, or not in all of it. */
  readonly misshapen: readonly string[];
  /** What comes after the front matter. */
  readonly body: string;
}

const MAX_FRONT_MATTER_CHARACTERS = 32_768;
/** Lines before it are let pass where they are blank. */
const FENCE = /^(?:[ \t]*\n)*---[ \t]*\n/;
const CLOSING_FENCE = /^(?:---|\.\.\.)[ \t]*$/m;
const MAX_REASON_CHARACTERS = 200;
// eslint-disable-next-line no-control-regex -- control characters are just what is taken out
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]+/g;

/**
 * Splits a file at its YAML front matter and reads the fields `names` of it, and `listNames`, which may be lists. Only
 * plain values are taken, nothing is built from the rest: anchors, tags and what stands in other fields have no effect,
 * but must be YAML.
 *
 * @throws Unreadable where there is no front matter, or it is not YAML, or not a map
 */
export function readMarkdown(text: string, names: readonly string[], listNames: readonly string[] = []): MarkdownFile {
  const opening = FENCE.exec(text);
  if (opening === null) throw new Unreadable('has no front matter: its first line is not ---');
  const rest = text.slice(opening[0].length);
  const closing = CLOSING_FENCE.exec(rest);
  if (closing === null) throw new Unreadable('has front matter that does not end: no second line of ---');
  if (closing.index > MAX_FRONT_MATTER_CHARACTERS) {
    throw new Unreadable(`has front matter of more than ${MAX_FRONT_MATTER_CHARACTERS} characters`);
  }
  const body = rest.slice(closing.index + closing[0].length).replace(/^\n/, '');
  const line = opening[0].split('\n').length;
  return { ...readFields(rest.slice(0, closing.index), line, names, listNames), body };
}

/** @param firstLine the number of the YAML's first line in its file */
function readFields(
  yaml: string,
  firstLine: number,
  names: readonly string[],
  listNames: readonly string[],
): Omit<MarkdownFile, 'body'> {
  const found = plainFields(yaml) ?? yamlFields(yaml, firstLine);
  const fields: Record<string, string | null> = Object.fromEntries(names.map((name) => [name, null]));
  const lists: Record<string, readonly string[]> = Object.fromEntries(listNames.map((name) => [name, []]));
  const misshapen: string[] = [];
  for (const [name, { single, texts, whole }] of found) {
    if (listNames.includes(name)) {
      lists[name] = texts.map(plainText).filter((text) => text !== null);
      if (!whole) misshapen.push(name);
    } else if (names.includes(name)) {
      if (single) fields[name] = plainText(texts[0] ?? '');
      else misshapen.push(name);
    }
  }
  return { fields, lists, misshapen };
}

/**
 * The fields of any YAML whose names are text.
 *
 * @param firstLine the number of the YAML's first line in its file
 * @throws Unreadable where it is not YAML, or not a map
 */
export function yamlFields(yaml: string, firstLine: number): ReadonlyMap<string, PlainField> {
  const document = parseDocument(yaml, { prettyErrors: false, logLevel: 'error' });
  const error = document.errors[0];
  if (error) {
    const line = yaml.slice(0, error.pos[0]).split('\n').length + firstLine - 1;
    throw new Unreadable(
      `has front matter that is not YAML: line ${line}: ${error.message}`.slice(0, MAX_REASON_CHARACTERS),
    );
  }
  if (!isMap(document.contents)) throw new Unreadable('has front matter without fields');
  const fields = new Map<string, PlainField>();
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? key.value : undefined;
    if (typeof name === 'string' && value !== null) fields.set(name, fieldOf(value));
  }
  return fields;
}

function fieldOf(value: unknown): PlainField {
  const items: readonly unknown[] = isSeq(value) ? value.items : [value];
  const scalars = items.filter((item) => isScalar(item));
  const texts = scalars.filter(({ value }) => value !== null).map(({ source }) => source ?? '');
  return { single: isScalar(value), texts, whole: scalars.length === items.length };
}

// Escapes in quoted YAML can make characters that no column can hold, and halves of surrogate pairs.
function plainText(text: string): string | null {
  return text.toWellFormed().replace(CONTROL_CHARACTERS, ' ').trim() || null;
}
