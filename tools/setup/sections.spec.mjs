import { describe, expect, it } from '@jest/globals';
import { groups, sections } from './sections.mjs';

/** @param {readonly string[]} names */
const namesOfGroups = (names) =>
  groups(sections.filter(({ name }) => names.includes(name))).map((group) => group.map(({ name }) => name));

describe('the groups of sections', () => {
  it('have what only reads sources side by side, and each kind of test by itself after that', () => {
    const all = sections.map(({ name }) => name);
    expect(namesOfGroups(all)).toEqual([['format', 'lint', 'types'], ['unit'], ['medium'], ['e2e']]);
  });

  it('hold what was asked for, and no empty group', () => {
    expect(namesOfGroups(['unit', 'lint'])).toEqual([['lint'], ['unit']]);
    expect(namesOfGroups(['e2e'])).toEqual([['e2e']]);
  });
});
