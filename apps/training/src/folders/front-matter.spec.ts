import { describe, expect, it } from '@jest/globals';
import { decodeText } from './decode-text.ts';
import { readMarkdown } from './front-matter.ts';
import { Unreadable } from '../items/unreadable.ts';

const names = ['id', 'title', 'created'];

describe('readMarkdown', () => {
  it.each([
    ['plain', 'title: Sign in', 'Sign in'],
    ['quoted', 'title: "Sign in: first"', 'Sign in: first'],
    ['single quotes', "title: 'Bob''s'", "Bob's"],
    ['a number keeps its digits', 'title: 1.10', '1.10'],
    ['a date keeps its form', 'title: 2026-01-31', '2026-01-31'],
    ['a tagged date', 'title: !!timestamp 2026-01-31', '2026-01-31'],
    ['a word of YAML 1.1', 'title: yes', 'yes'],
    ['an unknown tag', 'title: !thing x', 'x'],
    ['several lines', 'title: |\n  one\n  two', 'one two'],
    ['null', 'title: null', null],
    ['nothing', 'title:', null],
    ['blank', 'title: "  "', null],
    ['a comment', 'title: a # not this', 'a'],
    ['NUL and control characters', 'title: "a\\0b\\x07c"', 'a b c'],
    ['half a character', 'title: "\\uD800"', '\uFFFD'],
    ['a field of the prototype', '__proto__: {title: x}\nconstructor: y\ntitle: z', 'z'],
  ])('reads a field: %s', (_name, yaml, expected) => {
    const { fields, misshapen } = readMarkdown(`---\n${yaml}\n---\nbody`, names);
    expect(fields).toEqual({ id: null, title: expected, created: null });
    expect(misshapen).toEqual([]);
  });

  it.each([
    ['a list', 'title: [a, b]'],
    ['a map', 'title: {a: b}'],
    ['an alias', 'x: &x a\ntitle: *x'],
  ])('takes no value from %s, and says so', (_name, yaml) => {
    expect(readMarkdown(`---\n${yaml}\n---\n`, names)).toMatchObject({ fields: { title: null }, misshapen: ['title'] });
  });

  it('lets blank lines before the front matter pass, and counts them', () => {
    const { fields, body } = readMarkdown('\n \t\n\n---\ntitle: x\n---\nbody', names);
    expect(fields.title).toBe('x');
    expect(body).toBe('body');
    expect(() => readMarkdown('\n\n---\nid: a\ntitle: [\n---\n', names)).toThrow(/not YAML: line [56]:/);
    expect(() => readMarkdown(`${'\n'.repeat(1_000_000)}text`, names)).toThrow('has no front matter');
    expect(() => readMarkdown('text\n---\ntitle: x\n---\n', names)).toThrow('its first line is not ---');
  });

  it('leaves other fields alone, whatever their shape', () => {
    const yaml = 'related:\n  - [[WE-251228-xyz_integration]]\ntags: [a, b]\n# tier 1\ntitle: t';
    expect(readMarkdown(`---\n${yaml}\n---\n`, names).fields['title']).toBe('t');
  });

  it('builds nothing from aliases that would multiply', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${'*l' + i}, ${'*l' + i}]`);
    const { fields } = readMarkdown(`---\nl0: &l0 x\n${levels.join('\n')}\ntitle: t\n---\n`, names);
    expect(fields['title']).toBe('t');
  });

  it.each([
    ['---\ntitle: a\n---\nbody\n---\nmore', 'body\n---\nmore'],
    ['---\ntitle: a\n...\nbody', 'body'],
    ['---  \ntitle: a\n---\t\nbody', 'body'],
    ['---\ntitle: a\n---', ''],
    ['---\ntitle: "a\n  ---- b"\n---\nbody', 'body'],
  ])('splits %j', (text, body) => {
    expect(readMarkdown(text, names).body).toBe(body);
  });

  it.each([
    ['nothing at all', '', /no front matter/],
    ['Markdown only', '# Title\n\n---\nid: a\n---\n', /no front matter/],
    ['no end', '---\nid: a\n', /does not end/],
    ['nothing in it', '---\n---\n', /without fields/],
    ['a list', '---\n- a\n---\n', /without fields/],
    ['plain words', '---\nhello\n---\n', /without fields/],
    ['a colon in a plain value', '---\nid: a\ntitle: Fix: it\n---\n', /not YAML: line 3: /],
    ['a quote without its end', '---\ntitle: "a\n---\n', /not YAML/],
    ['a field twice', '---\nid: a\nid: b\n---\n', /not YAML: line 3: Map keys must be unique/],
    ['tabs', '---\nid:\n\t- a\n---\n', /not YAML/],
    ['an open bracket', '---\nid: [a\n---\n', /not YAML/],
    ['a merge conflict', '---\n<<<<<<< HEAD\nid: a\n=======\nid: b\n>>>>>>> main\n---\n', /not YAML/],
    ['endless nesting', `---\na: ${'['.repeat(30_000)}\n---\n`, /not YAML/],
    ['too much of it', `---\na: ${'x'.repeat(40_000)}\n---\n`, /more than 32768 characters/],
  ])('refuses a file with %s', (_name, text, reason) => {
    expect(() => readMarkdown(text, names)).toThrow(reason);
    expect(() => readMarkdown(text, names)).toThrow(Unreadable);
  });
});

describe('decodeText', () => {
  it.each([
    ['\uFEFF---\r\nid: a\r\n---\r\n', '---\nid: a\n---\n'],
    ['old\rlines', 'old\nlines'],
    ['Überschrift 漢字', 'Überschrift 漢字'],
  ])('reads %j', (text, expected) => {
    expect(decodeText(Buffer.from(text))).toBe(expected);
  });

  it.each([
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
    ['UTF-16', Buffer.from('---\nid: a\n---\n', 'utf16le')],
    ['Latin 1', Buffer.from('Überschrift', 'latin1')],
  ])('refuses %s', (_name, bytes) => {
    expect(() => decodeText(bytes)).toThrow(Unreadable);
  });
});
