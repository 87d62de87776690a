import { describe, expect, it } from '@jest/globals';
import { readTicketFile } from './ticket-file.ts';
import { MAX_DESCRIPTION_BYTES, MAX_TITLE_CHARACTERS } from '../items/kept-text.ts';
import { readWorkEffortFile } from './work-effort-file.ts';

const folder = { externalId: 'WE-251231-a1b2', date: '251231', title: 'sign in' };
const modifiedAt = new Date('2026-05-05T05:05:05Z');
const workEffort = (yaml: string, body = '') => readWorkEffortFile(`---\n${yaml}\n---\n${body}`, folder, modifiedAt);
const ticketName = { externalId: 'TKT-a1b2-003', sequence: 3, title: 'third step' };
const ticket = (yaml: string) => readTicketFile(`---\n${yaml}\n---\n`, ticketName);

describe('readWorkEffortFile', () => {
  it('reads a tidy file', () => {
    const yaml = `id: WE-251231-a1b2
title: "Sign in"
status: active
created: 2025-12-31T20:34:34.994Z
created_by: somebody
last_updated: "2026-01-02"
branch: feature/WE-251231-a1b2-sign_in
repository: owner/name
tags: [Backend, money]`;
    expect(workEffort(yaml, '# WE-251231-a1b2: Sign in\n\n## Objective\nLet people in.\n\n## Tickets\n')).toEqual({
      externalId: 'WE-251231-a1b2',
      title: 'Sign in',
      description: 'Let people in.',
      status: 'in-progress',
      branch: 'feature/WE-251231-a1b2-sign_in',
      repository: 'owner/name',
      tags: ['Backend', 'money'],
      createdAt: new Date('2025-12-31T20:34:34.994Z'),
      updatedAt: new Date('2026-01-02T00:00:00Z'),
      notes: [],
    });
  });

  it('takes what is missing from the names', () => {
    expect(workEffort('status: done')).toEqual({
      externalId: 'WE-251231-a1b2',
      title: 'sign in',
      description: '',
      status: 'completed',
      branch: null,
      repository: null,
      tags: [],
      createdAt: new Date('2025-12-31T00:00:00Z'),
      updatedAt: new Date('2025-12-31T00:00:00Z'),
      notes: [],
    });
  });

  it.each([
    ['tags: [a, "b c", 2026, v1.10]', ['a', 'b c', '2026', 'v1.10']],
    ['tags:\n  - a\n  - b', ['a', 'b']],
    ['tags: a, b c;d,', ['a', 'b c', 'd']],
    ['tags: "#a #b-c"', ['a', 'b-c']],
    ['tags: "#good first issue"', ['good first issue']],
    ['tags: a', ['a']],
    ['tags: [a, [b, c], A]\ntitle: t', ['a']],
    ['tags: {a: b}', []],
    ['tags: []', []],
    ['tags:', []],
    ['tags: [null, "", a]', ['a']],
    ['tags: ["a, b"]', ['a', 'b']],
  ])('reads tags in any form: %j', (yaml, tags) => {
    const { tags: read, notes } = workEffort(`status: done\n${yaml}`);
    expect(read).toEqual(tags);
    const misshapen = /\{|\[b, c/.test(yaml);
    expect(notes).toEqual(misshapen ? ['has a list or map among its tags; not used'] : []);
  });

  it('takes the day of the file where not even the id has one', () => {
    const impossible = { ...folder, externalId: 'WE-991399-a1b2', date: '991399' };
    const read = readWorkEffortFile('---\nstatus: done\n---\n', impossible, modifiedAt);
    expect([read.createdAt, read.updatedAt]).toEqual([modifiedAt, modifiedAt]);
  });

  it.each([
    ['status: open', { status: 'planned' }, 'has the unknown status "open"; taken as planned'],
    ['title: t', { status: 'planned' }, 'has no status; taken as planned'],
    [
      'status: done\nid: 10.02',
      { externalId: folder.externalId },
      'has an id that is not WE-YYMMDD-xxxx; its folder names it',
    ],
    ['status: done\ncreated: yesterday', {}, "has a date that can't be read as its created; not used"],
    ['status: done\nlast_updated: 2026-02-30', {}, "has a date that can't be read as its last_updated; not used"],
    ['status: done\nbranch: [a]', { branch: null }, 'has a list or map as its branch; not used'],
  ])('notes what it can not take as it stands: %j', (yaml, expected, note) => {
    expect(workEffort(yaml)).toMatchObject({ ...expected, notes: [note] });
  });

  it.each([
    ['ASCII', 'x'],
    ['characters of several bytes', '漢'],
    ['characters of two halves', '🪙'],
  ])('cuts an objective that is too long, never inside a character: %s', (_name, character) => {
    const { description, notes } = workEffort('status: done', `## Objective\n${character.repeat(10_000)}`);
    const bytes = Buffer.byteLength(description);
    expect(bytes).toBeLessThanOrEqual(MAX_DESCRIPTION_BYTES);
    expect(bytes).toBeGreaterThan(MAX_DESCRIPTION_BYTES - 4);
    expect(description.replaceAll(character, '')).toBe('');
    expect(notes).toEqual([`has an objective of more than ${MAX_DESCRIPTION_BYTES} bytes; the rest is cut`]);
  });

  it('holds only what a column can hold', () => {
    const { title, description } = workEffort(
      `status: done\ntitle: ${'🪙'.repeat(MAX_TITLE_CHARACTERS)}`,
      '## Objective\na\u0007b\tc',
    );
    expect(title.isWellFormed()).toBe(true);
    expect(title.length).toBeLessThanOrEqual(MAX_TITLE_CHARACTERS);
    expect(description).toBe('a b\tc');
  });
});

describe('readTicketFile', () => {
  it.each([
    ['id: TKT-a1b2-001\nparent: WE-251231-a1b2', 'TKT-a1b2-001', 1],
    ['id: "TKT-251231-004"', 'TKT-251231-004', 4],
    ['id: TKT-251231-a1b2-012', 'TKT-251231-a1b2-012', 12],
    ['assigned_to: null', 'TKT-a1b2-003', 3],
  ])('reads the id of %j', (yaml, externalId, sequence) => {
    const read = ticket(`${yaml}\ntitle: First\nstatus: in_progress`);
    expect(read).toMatchObject({ externalId, sequence, title: 'First', status: 'in-progress', notes: [] });
  });

  it('reads who it is for, where it belongs and since when', () => {
    const yaml = 'parent: WE-251231-a1b2\ntitle: t\nstatus: done\ncreated: "2026-01-02"\nassigned_to: Ann';
    expect(ticket(yaml)).toEqual({
      externalId: 'TKT-a1b2-003',
      title: 't',
      status: 'completed',
      sequence: 3,
      assignedTo: 'Ann',
      parent: 'WE-251231-a1b2',
      createdAt: new Date('2026-01-02T00:00:00Z'),
      notes: [],
    });
    expect(ticket('status: done')).toMatchObject({ assignedTo: null, parent: null, createdAt: null });
  });

  it.each([
    ['id: first\nstatus: done', 'has an id that is not TKT-xxxx-NNN; its file names it'],
    ['status: cancelled', 'has the unknown status "cancelled"; taken as pending'],
    ['status: done\ntitle: {a: b}', 'has a list or map as its title; not used'],
    ['status: done\ncreated: soon', "has a date that can't be read as its created; not used"],
  ])('notes what it can not take as it stands: %j', (yaml, note) => {
    expect(ticket(yaml)).toMatchObject({ externalId: 'TKT-a1b2-003', title: 'third step', notes: [note] });
  });
});
