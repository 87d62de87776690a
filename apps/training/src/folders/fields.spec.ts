import { describe, expect, it } from '@jest/globals';
import { readDate, readIdDate } from './dates.ts';
import { indexFileOf, looksLikeTicket, readFolderName, readTicketName } from './names.ts';
import { objectiveOf } from './objective.ts';
import { ticketStatusOf, workEffortStatusOf } from './statuses.ts';

describe('readDate', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-01-31T12:30', '2026-01-31T12:30:00.000Z'],
    ['2026-01-31 12:30:15', '2026-01-31T12:30:15.000Z'],
    ['2026-01-31T12:30:15.5Z', '2026-01-31T12:30:15.500Z'],
    ['2026-01-31T12:30:15.123456789Z', '2026-01-31T12:30:15.123Z'],
    ['2026-01-31 12:30 UTC', '2026-01-31T12:30:00.000Z'],
    ['2025-12-27T09:15:22-08:00', '2025-12-27T17:15:22.000Z'],
    ['2026-01-01T00:30:00+0530', '2025-12-31T19:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(readDate(text)?.toISOString()).toBe(expected);
  });

  it.each([
    '',
    'today',
    '31.01.2026',
    '2026-1-5',
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-01-31T24:00',
    '20260131',
  ])('does not guess at %j', (text) => {
    expect(readDate(text)).toBeNull();
  });

  it.each([
    ['251231', '2025-12-31T00:00:00.000Z'],
    ['240229', '2024-02-29T00:00:00.000Z'],
    ['250230', undefined],
    ['999999', undefined],
    ['', undefined],
  ])('reads %j of an id', (digits, expected) => {
    expect(readIdDate(digits)?.toISOString()).toBe(expected);
  });
});

describe('statuses', () => {
  it.each([
    ['active', 'in-progress', 'in-progress'],
    ['in_progress', 'in-progress', 'in-progress'],
    ['in-progress', 'in-progress', 'in-progress'],
    ['paused', 'planned', 'pending'],
    ['pending', 'planned', 'pending'],
    ['planned', 'planned', 'pending'],
    ['todo', 'planned', 'pending'],
    ['done', 'completed', 'completed'],
    ['completed', 'completed', 'completed'],
    ['complete', 'completed', 'completed'],
    ['blocked', 'blocked', 'blocked'],
    ['Active', 'in-progress', 'in-progress'],
    ['DONE', 'completed', 'completed'],
  ])('maps %s', (text, workEffort, ticket) => {
    expect(workEffortStatusOf(text)).toEqual({ status: workEffort, note: null });
    expect(ticketStatusOf(text)).toEqual({ status: ticket, note: null });
  });

  it.each([['open'], ['1'], ['constructor'], [null]])('takes %j as not begun, with a note', (text) => {
    const note = text === null ? 'has no status' : `has the unknown status "${text}"`;
    expect(workEffortStatusOf(text)).toEqual({ status: 'planned', note: `${note}; taken as planned` });
    expect(ticketStatusOf(text)).toEqual({ status: 'pending', note: `${note}; taken as pending` });
  });
});

describe('names', () => {
  it.each([
    ['WE-251231-a1b2_sign_in', { externalId: 'WE-251231-a1b2', date: '251231', title: 'sign in' }],
    ['WE-251231-a1b2', { externalId: 'WE-251231-a1b2', date: '251231', title: '' }],
    ['WE-251228-xyz_', { externalId: 'WE-251228-xyz', date: '251228', title: '' }],
    ['we-251231-A1B2_x', { externalId: 'we-251231-A1B2', date: '251231', title: 'x' }],
    ['WE-20251231-a1b2_x', null],
    ['WE-251231_x', null],
    ['WE-251231-a1b2 copy', null],
    ['WE-notes', null],
  ])('reads the folder %s', (name, expected) => {
    expect(readFolderName(name)).toEqual(expected);
  });

  it.each([
    ['TKT-a1b2-001_first_step.md', { externalId: 'TKT-a1b2-001', sequence: 1, title: 'first step' }],
    ['TKT-251221-002_x.md', { externalId: 'TKT-251221-002', sequence: 2, title: 'x' }],
    ['TKT-251221-a1b2-010.md', { externalId: 'TKT-251221-a1b2-010', sequence: 10, title: '' }],
    ['TKT-a1b2-1000_x.MD', { externalId: 'TKT-a1b2-1000', sequence: 1000, title: 'x' }],
    ['TKT-a1b2_x.md', null],
    ['TKT-a1b2-1234567_x.md', null],
  ])('reads the ticket %s', (name, expected) => {
    expect(looksLikeTicket(name)).toBe(true);
    expect(readTicketName(name)).toEqual(expected);
  });

  it.each(['README.md', 'TKT-a1b2-001.txt', 'notes on TKT-a1b2-001.md', 'TKT-a1b2-001_x.md~'])(
    'leaves %s alone',
    (name) => {
      expect(looksLikeTicket(name)).toBe(false);
    },
  );

  it.each([
    [['README.md', 'WE-251231-a1b2_index.md'], 'WE-251231-a1b2_index.md'],
    [['WE-250101-zzzz_index.md', 'we-251231-a1b2_INDEX.md'], 'we-251231-a1b2_INDEX.md'],
    [['WE-250101-zzzz_index.md'], 'WE-250101-zzzz_index.md'],
    [['WE-250101-zzzz_index.md', 'WE-250101-yyyy_index.md'], null],
    [['index.md', 'WE-251231-a1b2_index.md.bak'], null],
    [[], null],
  ])('finds the index among %j', (files, expected) => {
    expect(indexFileOf({ externalId: 'WE-251231-a1b2', date: '251231', title: '' }, files)).toBe(expected);
  });
});

describe('objectiveOf', () => {
  it.each([
    ['plain', '# T\n\n## Objective\nDo it.\n\nWell.\n\n## Tickets\n- a', 'Do it.\n\nWell.'],
    ['the last section', '## Objective\n\nDo it.\n', 'Do it.'],
    ['headings below it', '## Objective\na\n### Why\nb\n# Next', 'a\n### Why\nb'],
    ['another spelling', '##  objective: ##\na', 'a'],
    ['code', '## Objective\n```sh\n## not a heading\n```\na\n## Next', '```sh\n## not a heading\n```\na'],
    ['code that holds code', '## Objective\n````\n```\n## x\n````\na\n## Next', '````\n```\n## x\n````\na'],
    ['a heading inside code before it', '```\n## Objective\n```\n## Objective\na', 'a'],
    ['twice', '## Objective\na\n## Objective\nb', 'a'],
    ['nothing under it', '## Objective\n## Tickets', ''],
    ['no such section', '# T\n\nObjective: a', ''],
    ['another word', '## Objectives\na', ''],
    ['another level', '### Objective\na', ''],
  ])('reads %s', (_name, markdown, expected) => {
    expect(objectiveOf(markdown)).toBe(expected);
  });
});
