import { describe, expect, it } from '@jest/globals';
import { sectionMarkdown, tableMarkdown, withSection } from './markdown.ts';

const report = (title: string, figure: string) => ({
  ...{ title, about: ['How.'], notes: ['So.'], figures: {} },
  tables: [{ columns: ['what', 'per s'], rows: [['a', figure]] }],
});

describe('tableMarkdown', () => {
  it('aligns columns, numbers to the right', () => {
    expect(
      tableMarkdown({
        columns: ['who', 'requests'],
        rows: [
          ['Purser', '12 000'],
          ['x', '9'],
        ],
      }),
    ).toBe(
      ['| who    | requests |', '| ------ | -------: |', '| Purser |   12 000 |', '| x      |        9 |'].join('\n'),
    );
  });
});

describe('withSection', () => {
  const section = (title: string, figure: string): string => sectionMarkdown(report(title, figure), 'Then, there.');

  it('adds a section, and replaces it alone when it comes again', () => {
    const head = '# Page\n\nText.\n';
    const one = withSection(head, section('One', '1'));
    const two = withSection(one, section('Two', '2'));
    const again = withSection(two, section('One', '3'));
    expect(two).toBe(`${head}\n${section('One', '1')}\n${section('Two', '2')}`);
    expect(again).toBe(`${head}\n${section('One', '3')}\n${section('Two', '2')}`);
    expect(withSection(again, section('Two', '4'))).toBe(`${head}\n${section('One', '3')}\n${section('Two', '4')}`);
  });
});
