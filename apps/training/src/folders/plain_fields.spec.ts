import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { yamlFields } from './front-matter.ts';
import { plainFields } from './plain-fields.ts';

const AS_PEOPLE_WRITE = [
  'id: WE-260101-ab12\ntitle: "Count: every cent"\nstatus: active\ncreated: 2026-01-01\nlast_updated: 2026-01-02T10:00:00Z',
  "id: TKT-ab12-001\nparent: WE-260101-ab12\ntitle: 'Überweisung, first'\nassigned_to:\n",
  '# a comment\n\ntags: [a, "b c", team-1]\nbranch: feature/x#1\nrepository: https://example.org/a/b\nempty: []',
  'tags:\n  - a\n  - "b"\nmore:\n- c\n- d\nlast: null',
];

/** What is taken for nothing, or for something else, by who does not know YAML well. */
const ODDITIES =
  ': , #, # ,- ,[,],{,},",\',\\,\n,\n  ,\t,null,Null,NULL,~,true,no,0x1F,1e3,.inf,<<: *a,&a ,*a,!!str ,| ,>-,? ,%YAML,@,`,---,...,\u00a0,\u2028,\u0085,\ufeff,é,漢,\ud83d\ude00,:,#,-'
    .split(',')
    .concat(',', ', ');
const name = fc.constantFrom(
  'id',
  'title',
  'tags',
  'a-b',
  '_x',
  'null',
  'True',
  'yes',
  '__proto__',
  'constructor',
  '1a',
);
const word = fc.constantFrom(
  'a',
  'B2',
  '2026-01-01',
  'null',
  'Null',
  'nUll',
  'true',
  '1.10',
  'x:y',
  'c#',
  'a # b',
  'a: b',
  '-',
  '',
);
const text = fc.array(fc.oneof({ weight: 4, arbitrary: word }, fc.constantFrom(...ODDITIES)), { maxLength: 4 });
const phrase = fc.tuple(text, fc.constantFrom('', ' ')).map(([parts, glue]) => parts.join(glue));
const quoted = fc.tuple(phrase, fc.constantFrom('"', "'")).map(([inner, quote]) => quote + inner + quote);
const value = fc.oneof(phrase, quoted);
const values = fc.array(value, { maxLength: 4 });
const list = fc.oneof(
  fc.tuple(values, fc.constantFrom(', ', ',', ' , ')).map(([items, comma]) => `[${items.join(comma)}]`),
  fc
    .tuple(values, fc.constantFrom('', '  ', ' '))
    .map(([items, indent]) => items.map((item) => `\n${indent}- ${item}`).join('')),
);
const line = fc
  .tuple(name, fc.constantFrom(': ', ':', ' : ', ':  '), fc.oneof({ weight: 3, arbitrary: value }, list))
  .map((parts) => parts.join(''));
const yaml = fc
  .array(fc.oneof({ weight: 8, arbitrary: line }, phrase), { maxLength: 4 })
  .map((lines) => lines.join('\n'));

describe('fields that are plain', () => {
  it.each(AS_PEOPLE_WRITE)('are read without a parser of YAML: %j', (written) => {
    expect(plainFields(written)).toEqual(yamlFields(written, 1));
  });

  it('are what a parser of YAML makes of them, whatever is written', () => {
    let plain = 0;
    fc.assert(
      fc.property(yaml, (written) => {
        const fields = plainFields(written);
        if (fields === null) return;
        plain += 1;
        expect(fields).toEqual(yamlFields(written, 1));
      }),
      { numRuns: 20_000 },
    );
    // Or the property would say nothing.
    expect(plain).toBeGreaterThan(100);
  });
});
