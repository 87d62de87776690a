import { describe, expect, it } from '@jest/globals';
import { tasksOf } from './task-list.ts';

const titles = (markdown: string, max = 10) =>
  tasksOf(markdown, max).map(({ title, checked }) => `${checked ? 'x' : '_'} ${title}`);

describe('tasksOf', () => {
  it('finds the checkboxes in their order, nested ones too', () => {
    const markdown = [
      'Some words.',
      '- [ ] first',
      '  - [x] nested in it',
      '* [X] with a star ',
      '+ [ ] #12',
      '1. [ ] numbered',
      '2) [x] and otherwise',
      '> - [ ] quoted',
    ].join('\n');
    expect(titles(markdown)).toEqual([
      '_ first',
      'x nested in it',
      'x with a star',
      '_ #12',
      '_ numbered',
      'x and otherwise',
      '_ quoted',
    ]);
  });

  it.each(['- [] no', '- [ ]no', '-[ ] no', '[ ] no', '- [y] no', '- [ ] ', '- [link](x)', '- [ ](x) no'])(
    'takes %j for none',
    (line) => expect(titles(line)).toEqual([]),
  );

  it('leaves out what stands in code and in comments', () => {
    const markdown =
      '```md\n- [ ] code\n~~~\n- [ ] still\n```\n- [ ] yes\n<!-- - [ ] hint\n- [x] hint -->\n- [ ] too\n<!--\n- [ ] open';
    expect(titles(markdown)).toEqual(['_ yes', '_ too']);
  });

  it('stops at the most that are taken', () => {
    expect(titles('- [ ] a\n'.repeat(50), 3)).toHaveLength(3);
  });

  it('is not held up by a long line or by many comments', () => {
    expect(titles(`- [ ] ${' '.repeat(60_000)}x\n${'<!-- '.repeat(10_000)}`)).toHaveLength(1);
  });
});
