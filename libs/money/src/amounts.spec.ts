import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_USD_NANOS, MoneyFormatError, formatNanos, formatUsd, parseNanos, parseUsd } from './amounts.ts';

const amounts = fc.bigInt({ min: -MAX_USD_NANOS, max: MAX_USD_NANOS });

describe('parseUsd', () => {
  it.each([
    ['0', 0n],
    ['1', 1_000_000_000n],
    ['1.00', 1_000_000_000n],
    ['0.000123', 123_000n],
    ['0.000000001', 1n],
    ['0.100000000', 100_000_000n],
    ['1000000000', MAX_USD_NANOS],
  ])('reads %s exactly', (text, nanos) => {
    expect(parseUsd(text)).toBe(nanos);
  });

  it.each([
    ['1e-7', 'no exponent'],
    ['1E3', 'no exponent'],
    ['0.0000000001', 'below a nano-dollar'],
    ['1.0000000000', 'below a nano-dollar'],
    ['-1', 'must not be negative'],
    ['-0', 'must not be negative'],
    ['+1', 'decimal digits'],
    ['1000000000.000000001', 'at most 1000000000 USD'],
    ['9999999999', 'at most 1000000000 USD'],
    ['10000000000', 'at most 1000000000 USD'],
    ['9'.repeat(10_000), 'at most 1000000000 USD'],
    ['', 'decimal digits'],
    [' 1', 'decimal digits'],
    ['1\n', 'decimal digits'],
    ['1.', 'decimal digits'],
    ['.5', 'decimal digits'],
    ['01', 'decimal digits'],
    ['1,000', 'decimal digits'],
    ['$1', 'decimal digits'],
    ['0x10', 'decimal digits'],
    ['1_000', 'decimal digits'],
    ['١', 'decimal digits'],
    ['NaN', 'decimal digits'],
    ['Infinity', 'decimal digits'],
  ])('refuses %j and says what is allowed', (text, allowed) => {
    expect(() => parseUsd(text)).toThrow(MoneyFormatError);
    expect(() => parseUsd(text)).toThrow(allowed);
  });

  it.each([1, 0.1, null, undefined, 1n, {}, ['1']])('refuses %p, which is not a string', (value) => {
    expect(() => parseUsd(value as never)).toThrow(MoneyFormatError);
  });

  it('shows no more than the beginning of a long text', () => {
    let error: unknown;
    try {
      parseUsd('x'.repeat(1_000_000));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message.length).toBeLessThan(250);
  });

  it('reads a minus where it is allowed', () => {
    expect(parseUsd('-0.5', { signed: true })).toBe(-500_000_000n);
    expect(parseUsd('0.5', { signed: true })).toBe(500_000_000n);
  });
});

describe('formatUsd', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [123_000n, '0.000123'],
    [1_000_000_000n, '1'],
    [1_500_000_000n, '1.5'],
    [100_000_000_000n, '100'],
    [-1n, '-0.000000001'],
    [-1_500_000_000n, '-1.5'],
  ])('prints %p as the shortest exact form', (nanos, text) => {
    expect(formatUsd(nanos)).toBe(text);
  });

  it('is undone by parseUsd', () => {
    fc.assert(fc.property(amounts, (nanos) => parseUsd(formatUsd(nanos), { signed: true }) === nanos));
  });

  it('gives one text for every way to write an amount', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.nat(999_999_999), (dollars, rest) => {
        const long = `${dollars}.${String(rest).padStart(9, '0')}`;
        return parseUsd(formatUsd(parseUsd(long))) === parseUsd(long) && !/\.$|\.\d*0$/.test(formatUsd(parseUsd(long)));
      }),
    );
  });
});

describe('parseNanos', () => {
  it('is undone by formatNanos, within 64 bits', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n });
    fc.assert(fc.property(int64, (nanos) => parseNanos(formatNanos(nanos)) === nanos));
  });

  it.each(['', '-0', '01', '1.5', '1e9', ' 1', '+1', '9223372036854775808', '-9223372036854775808', '1'.repeat(99)])(
    'refuses %j',
    (text) => {
      expect(() => parseNanos(text)).toThrow(MoneyFormatError);
    },
  );

  it('refuses a number', () => {
    expect(() => parseNanos(5 as never)).toThrow('A value of type number is not an amount of money');
  });
});
