import { describe, expect, it } from '@jest/globals';
import { Ledger } from './ledger.ts';
import type { Settlement } from './ledger.ts';
import { billNanos, usdToNanos } from './money.ts';

const prices = { inputNanos: 150_000_000n, cachedInputNanos: 75_000_000n, outputNanos: 600_000_000n };

function settlement(completionTokens: number): Settlement {
  return {
    ...{ requestId: null, usageId: null, model: 'm', stream: false, status: 200, outcome: 'completed', fault: null },
    ...{ tokens: { promptTokens: 10, cachedTokens: 4, completionTokens }, prices },
  };
}

describe('Ledger', () => {
  it('lists the latest entries, oldest first, under totals that stay exact', () => {
    const ledger = new Ledger(3);
    for (let tokens = 1; tokens <= 7; tokens++) ledger.open()(settlement(tokens));
    const { entries, totals } = ledger.view();
    expect(entries.map(({ id, completionTokens }) => [id, completionTokens])).toEqual([
      [5, 5],
      [6, 6],
      [7, 7],
    ]);
    expect(ledger.view(2).entries.map(({ id }) => id)).toEqual([6, 7]);
    expect(ledger.view(0).entries).toEqual([]);
    // 7 × (6 × 150 + 4 × 75) + 28 × 600 nano-dollars
    expect(totals).toMatchObject({
      requests: 7,
      promptTokens: 70,
      cachedTokens: 28,
      completionTokens: 28,
      costNanos: '25200',
    });
  });

  it('bills a request once, and knows how many are in flight', () => {
    const ledger = new Ledger(3);
    const settle = ledger.open();
    ledger.open();
    expect(ledger.view().totals).toMatchObject({ requests: 0, inFlight: 2, peakInFlight: 2 });
    settle(settlement(1));
    settle(settlement(1));
    expect(ledger.view().totals).toMatchObject({ requests: 1, inFlight: 1, peakInFlight: 2 });
  });

  it('does not bill after clearing what began before it', () => {
    const ledger = new Ledger(3);
    const settle = ledger.open();
    ledger.open()(settlement(1));
    ledger.clear();
    settle(settlement(1));
    expect(ledger.view()).toMatchObject({ entries: [], totals: { requests: 0, costNanos: '0', inFlight: 0 } });
  });
});

describe('billNanos', () => {
  it('rounds up once, on the total', () => {
    const tokens = { promptTokens: 3, cachedTokens: 1, completionTokens: 1 };
    expect(billNanos(tokens, { inputNanos: 1n, cachedInputNanos: 1n, outputNanos: 1n })).toBe(1n);
    expect(billNanos(tokens, { inputNanos: 0n, cachedInputNanos: 0n, outputNanos: 0n })).toBe(0n);
    expect(billNanos(tokens, prices)).toBe(975n);
  });

  it('reads prices exactly', () => {
    expect(usdToNanos('0.0375')).toBe(37_500_000n);
    expect(usdToNanos('10.00')).toBe(10_000_000_000n);
    expect([usdToNanos('1e3'), usdToNanos('-1'), usdToNanos(1), usdToNanos('0.0000000001')]).toEqual(
      Array(4).fill(undefined),
    );
  });
});
