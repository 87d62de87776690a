import { describe, expect, it } from '@jest/globals';
import { accounts, jsonSchemaOf, validate } from './index.ts';

const { request } = accounts.list;

describe('page and limit', () => {
  it.each([
    [{}, { page: 1, limit: 50 }],
    [
      { page: '2', limit: '100' },
      { page: 2, limit: 100 },
    ],
    [
      { page: 3, limit: 1 },
      { page: 3, limit: 1 },
    ],
    [
      { page: '10000000000000', limit: '007' },
      { page: 1e13, limit: 7 },
    ],
  ])('of %j are %j', (given, read) => {
    expect(validate(request, given)).toEqual(read);
  });

  const refused = ['1e1', '0x10', '0b1', '1.0', '+1', '-1', ' 1', '1 ', '', '0', '9'.repeat(15), '9'.repeat(400), '١'];
  it.each([...refused, 0, -1, 1.5, true, null, ['1'], {}])('are refused where they are %j', (value) => {
    for (const field of ['page', 'limit']) {
      expect(() => validate(request, { [field]: value })).toThrow(new RegExp(`^${field}: must be `));
    }
  });

  it('refuse a page whose offset would not be exact', () => {
    for (const page of ['10000000000001', 1e13 + 1]) {
      expect(() => validate(request, { page })).toThrow('page: must be at most 10 000 000 000 000');
    }
  });

  it('are described as whole numbers within their bounds', () => {
    expect(jsonSchemaOf(request, 'input')).toMatchObject({
      properties: {
        page: { type: 'integer', minimum: 1, maximum: 1e13, default: 1 },
        limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
      },
    });
  });
});
