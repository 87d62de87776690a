import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { sqlState, toDomainError } from '../index.ts';
import { breaksConnection } from './database-errors.ts';

const thrown = (code: string | undefined, message = 'said by the database', more = {}) =>
  Object.assign(new Error(message), { ...(code && { code }), ...more });

describe('toDomainError', () => {
  it.each([
    ['23505', 'conflict'],
    ['23P01', 'conflict'],
    ['23503', 'conflict'],
    ['23001', 'conflict'],
    ['40001', 'concurrent_change'],
    ['40P01', 'concurrent_change'],
    ['55P03', 'concurrent_change'],
    ['08006', 'unavailable'],
    ['53300', 'unavailable'],
    ['53100', 'unavailable'],
    ['57P01', 'unavailable'],
    ['57P03', 'unavailable'],
    ['57014', 'unavailable'],
    ['25P03', 'unavailable'],
    ['ECONNREFUSED', 'unavailable'],
    ['ECONNRESET', 'unavailable'],
    ['ENOTFOUND', 'unavailable'],
  ])('takes %s for %s, and keeps the original as the cause', (code, expected) => {
    const original = thrown(code);
    expect(toDomainError(original)).toMatchObject({ code: expected, cause: original });
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
    'Cannot use a pool after calling end on the pool',
  ])('takes "%s" for unavailable', (message) => {
    expect(toDomainError(thrown(undefined, message))).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('tells a reference to nothing from one that still exists', () => {
    const detail = 'Key (shelf)=(9) is not present in table "shelf".';
    const violation = { constraint: 'book_shelf_fkey', table: 'book' };
    expect(toDomainError(thrown('23503', '', { ...violation, detail }))).toMatchObject({
      code: 'invalid_request',
      details: violation,
    });
    expect(toDomainError(thrown('23503', '', violation))).toMatchObject({ code: 'conflict', details: violation });
  });

  it('looks into what TypeORM and others wrapped, and names no value', () => {
    const original = thrown('23505', 'duplicate', { constraint: 'key_hash', detail: 'Key (hash)=(secret)' });
    const wrapped = Object.assign(new Error('query failed'), { driverError: original });
    const error = toDomainError(new Error('outer', { cause: wrapped })) as DomainError;
    expect(error).toMatchObject({ code: 'conflict', details: { constraint: 'key_hash' } });
    expect(JSON.stringify(error.toWire())).not.toContain('secret');
  });

  it.each([
    thrown('22012'),
    thrown('42601'),
    new Error('a fault'),
    new DomainError('forbidden', 'no'),
    'text',
    undefined,
  ])('leaves alone what is none of its business: %p', (error) => {
    expect(toDomainError(error)).toBe(error);
  });

  it('ends also where an error is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(toDomainError(error)).toBe(error);
  });
});

describe('sqlState', () => {
  it("is the server's code, never one of the operating system", () => {
    expect(sqlState(toDomainError(thrown('40001')))).toBe('40001');
    expect(sqlState(thrown('EPIPE'))).toBeUndefined();
    expect(sqlState(new Error('Query read timeout'))).toBeUndefined();
    expect(sqlState(null)).toBeUndefined();
  });
});

describe('breaksConnection', () => {
  it('is true where the connection, not the statement, failed', () => {
    expect(breaksConnection(thrown('ECONNRESET'))).toBe(true);
    expect(breaksConnection(thrown('57P01'))).toBe(true);
    expect(breaksConnection(toDomainError(thrown(undefined, 'Query read timeout')))).toBe(true);
    expect(breaksConnection(thrown('23505'))).toBe(false);
    expect(breaksConnection(thrown('57014'))).toBe(false);
    expect(breaksConnection(new Error('a fault of the caller'))).toBe(false);
  });
});
