import { describe, expect, it } from '@jest/globals';
import { usageRow, type UsageRow } from '@purser/contracts';
import { usageFormats } from './usage-formats.ts';

const row: UsageRow = {
  ...{ id: 'i', at: '2026-01-31T12:00:00.000Z', requestId: 'r', accountId: 'a', keyId: 'k', provider: 'p', model: 'm' },
  ...{ route: 'default', status: 200, attempt: 1, inputTokens: 1, outputTokens: 0, cachedInputTokens: 0 },
  ...{ costUsd: '0.000000001', priceVersion: 'v', estimated: false, overrun: true, reason: 'ok', cache: 'BYPASS' },
  ...{ latencyMs: 12.375, firstByteMs: null },
};

describe('csv', () => {
  const { head, line } = usageFormats.csv;

  it('has a header with every field of a row, in the order of its cells', () => {
    expect(head).toBe(`${Object.keys(usageRow.shape).join(',')}\r\n`);
    expect(line(row)).toBe(
      'i,2026-01-31T12:00:00.000Z,r,a,k,p,m,default,200,1,1,0,0,0.000000001,v,false,true,ok,BYPASS,12.375,\r\n',
    );
  });

  it.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'a"b', '"a""b"'],
    ['line ends', 'a\r\nb', '"a\r\nb"'],
    ['a formula', '=1+1', "'=1+1"],
    ['a formula with quotes', '=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ['a plus', '+1', "'+1"],
    ['a minus', '-1', "'-1"],
    ['an at', '@SUM(A1)', "'@SUM(A1)"],
    ['a tab', '\t=1', "'\t=1"],
    ['a carriage return', '\r=1', `"'\r=1"`],
    ['none of these in front', 'a=b', 'a=b'],
    ['nothing', '', ''],
  ])('bears %s', (_name, model, cell) => {
    expect(line({ ...row, model })).toBe(line(row).replace(',m,', () => `,${cell},`));
  });
});

describe('ndjson', () => {
  it('is a row a line', () => {
    const { head, line } = usageFormats.ndjson;
    expect(head).toBe('');
    expect(line({ ...row, model: 'a\nb' })).toMatch(/^\{[^\n]*\}\n$/);
    expect(JSON.parse(line(row))).toEqual(row);
  });
});
