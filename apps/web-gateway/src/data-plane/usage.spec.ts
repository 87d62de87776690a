import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { usageIn, usageInAnswer } from './usage.ts';

const USAGE = { prompt_tokens: 7, completion_tokens: 3 };
const read = (text: string) => usageInAnswer(Buffer.from(text));
const reported = { inputTokens: 7, outputTokens: 3, cachedInputTokens: 0 };

describe('the usage in an answer', () => {
  it.each([
    ['at its end', `{"choices":[],"usage":${JSON.stringify(USAGE)}}`],
    ['before other fields', `{"usage" : ${JSON.stringify(USAGE)} , "z":[{"a":"}"}], "type":"usage"}\n`],
    ['before a field that holds one too', `{"usage":${JSON.stringify(USAGE)},"x":{"usage":{"prompt_tokens":1}}}`],
    ['beside text about it', `{"c":"\\"usage\\":{\\"prompt_tokens\\":1}}","usage":${JSON.stringify(USAGE)}}`],
  ])('is found %s', (_where, text) => {
    expect(read(text)).toEqual(reported);
  });

  it.each([
    ['there is none', '{"choices":[]}'],
    ['it is null', '{"usage":null}'],
    ['it stands deeper only', `{"x":{"usage":${JSON.stringify(USAGE)}}}`],
    ['it stands in a list', `[{"usage":${JSON.stringify(USAGE)}}]`],
    ['the answer is no JSON', `{"usage":${JSON.stringify(USAGE)}`],
    ['the answer is cut within it', '{"usage":{"prompt_tokens":7,"completion'],
    ['the answer is empty', ''],
  ])('is not found where %s', (_why, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('is what a parser finds, for every answer that is an object', () => {
    const value = fc.letrec<{ any: unknown; object: Record<string, unknown> }>((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('usage', '"usage":{}', '}', 1, null, USAGE),
        fc.array(tie('any'), { maxLength: 3 }),
        tie('object'),
      ),
      object: fc.dictionary(fc.constantFrom('usage', 'a', '}"', '\\"usage'), tie('any'), { maxKeys: 4 }),
    })).object;
    fc.assert(
      fc.property(value, fc.boolean(), (answer, spaced) => {
        const text = JSON.stringify(answer, null, spaced ? 2 : undefined);
        expect(read(text)).toEqual(usageIn((JSON.parse(text) as { usage?: unknown }).usage));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a usage', () => {
  it.each([
    [{ prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }, 5, 2, 0],
    [{ prompt_tokens: 5, completion_tokens: 2, total_tokens: 17 }, 5, 12, 0],
    [{ prompt_tokens: 5 }, 5, 0, 0],
    [{ prompt_tokens: 5, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 3 } }, 5, 0, 3],
    [{ prompt_tokens: 5, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 9 } }, 5, 0, 5],
    [{ prompt_tokens: 5, completion_tokens: 0, prompt_tokens_details: null }, 5, 0, 0],
  ])('of %j is %d in, %d out, %d cached', (value, inputTokens, outputTokens, cachedInputTokens) => {
    expect(usageIn(value)).toEqual({ inputTokens, outputTokens, cachedInputTokens });
  });

  it.each([
    {},
    { prompt_tokens: -1 },
    { prompt_tokens: 1.5 },
    { prompt_tokens: '5' },
    { prompt_tokens: 1e13 },
    null,
    5,
    [],
  ])('is not %j', (value) => {
    expect(usageIn(value)).toBeUndefined();
  });
});
