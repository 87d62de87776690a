/** What a field holds, as far as it is plain values. */
export interface PlainField {
  /** Whether it is one value, and no list. */
  readonly single: boolean;
  /** The values as they were written; of null there is none. */
  readonly texts: readonly string[];
  /** Whether that is all of it. */
  readonly whole: boolean;
}

/** What all of it is made of: nothing that has a meaning of its own in YAML but what stands below. */
const CHARACTERS = /^[\n\x20-\x7e\p{L}\p{M}\p{N}]*$/u;
const FIELD = /^([A-Za-z_][\w-]{0,63}):(?: (.+))?$/;
const ITEM = /^( {0,8})- (.+)$/;
const COMMENT = /^#/;
/** No value: `: ` and ` #` have a meaning; in a list, so have commas and brackets. */
const PLAIN = /^[\p{L}\p{N}](?:[^:#\n]|:(?=[^ \n])|(?<! )#)*(?<! )$/u;
const QUOTED = /^(?:"([^"\\]*)"|'([^']*)')$/;
const LIST = /^\[(.*)\]$/;
const BRACKETS = /[[\]{}]/;
const NULL = /^(?:null|Null|NULL)$/;
/** Names that YAML takes for something else than text. */
const NO_NAME = /^(?:null|true|false)$/i;

/**
 * The fields of the YAML that nearly all front matter is made of, where all of it is so: a field each line, its value plain,
 * quoted without escapes, or a list of such. Where it is anything else, `null`: a parser of YAML has to say what it is.
 */
export function plainFields(yaml: string): ReadonlyMap<string, PlainField> | null {
  if (!CHARACTERS.test(yaml)) return null;
  const fields = new Map<string, PlainField>();
  const lines = yaml.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    if (line === '' || COMMENT.test(line)) continue;
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || fields.has(name) || NO_NAME.test(name)) return null;
    const items = value === undefined ? itemsAfter(lines, index) : [];
    const field = items.length > 0 ? listOf(items) : fieldOf(value);
    if (field === null) return null;
    fields.set(name, field);
    index += items.length;
  }
  return fields.size > 0 ? fields : null;
}

/** The list that begins below a line, all of it on one level. */
function itemsAfter(lines: readonly string[], index: number): string[] {
  const items: string[] = [];
  let indent: string | undefined;
  for (let next = index + 1; next < lines.length; next += 1) {
    const [, spaces, item] = ITEM.exec(lines[next]!) ?? [];
    if (item === undefined || (indent !== undefined && spaces !== indent)) break;
    indent = spaces;
    items.push(item);
  }
  return items;
}

function fieldOf(value: string | undefined): PlainField | null {
  if (value === undefined) return { single: true, texts: [], whole: true };
  const [, list] = LIST.exec(value) ?? [];
  if (list !== undefined) return BRACKETS.test(list) ? null : listOf(list === '' ? [] : list.split(', '), true);
  const text = textOf(value);
  return text === null ? null : { single: true, texts: text, whole: true };
}

function listOf(items: readonly string[], withoutCommas = false): PlainField | null {
  const texts: string[] = [];
  for (const item of items) {
    const text = withoutCommas && item.includes(',') ? null : textOf(item);
    if (text === null) return null;
    texts.push(...text);
  }
  return { single: false, texts, whole: true };
}

/** The text of a value; none where it is null. */
function textOf(value: string): readonly string[] | null {
  if (PLAIN.test(value)) return NULL.test(value) ? [] : [value];
  const quoted = QUOTED.exec(value);
  return quoted === null ? null : [quoted[1] ?? quoted[2]!];
}
