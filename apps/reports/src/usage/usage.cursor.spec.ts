import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { decodeCursor, encodeCursor } from './usage.cursor.ts';

const position = { at: new Date('2026-01-31T12:00:00.123Z'), id: '019a9f3e-1c2b-7d4e-8f00-0123456789ab' };
const cursor = encodeCursor(position);
const made = (text: string) => Buffer.from(text).toString('base64url');

describe('decodeCursor', () => {
  it('gives back what was encoded, within the length that a cursor may have', () => {
    expect(decodeCursor(cursor)).toEqual(position);
    expect(cursor.length).toBeLessThanOrEqual(200);
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'garbage'],
    ['one character less', cursor.slice(0, -1)],
    ['one character more', `${cursor}A`],
    ['white space', `${cursor} `],
    ['padding', `${cursor}==`],
    ['what base64 does not have', `*${cursor}`],
    ['no time', made(`.${position.id}`)],
    ['a time that is none', made(`1e3.${position.id}`)],
    ['a time before all', made(`-5.${position.id}`)],
    ['zeros in front', made(`007.${position.id}`)],
    ['no id', made('1769860800123.')],
    ['an id that is none', made('1769860800123.1 OR 1=1')],
    ['an id in capitals', made(`1769860800123.${position.id.toUpperCase()}`)],
    ['a time that no calendar has', made(`9999999999999999.${position.id}`)],
    ['a later version', made(`{"at":1769860800123,"id":"${position.id}"}`)],
  ])('refuses %s by name', (_name, text) => {
    expect(() => decodeCursor(text)).toThrow(DomainError);
    expect(() => decodeCursor(text)).toThrow('cursor: must be a nextCursor of an earlier answer');
  });
});
