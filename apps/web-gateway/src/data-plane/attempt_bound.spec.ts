import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costNanos } from '@purser/money';
import type { Target } from '../configuration/snapshot.ts';
import { boundRequest } from './attempt-bound.ts';
import { readChatRequest } from './chat-request.ts';
import { PRICE, resolutionOf, target } from './testing/test-gateway.ts';

function bound(body: object | string, to: Target = target('http://x'), resolution = resolutionOf(to)) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return boundRequest(readChatRequest(bytes, 64), to, resolution);
}

const nanos = (input: number, output: number) =>
  costNanos([
    { tokens: input, nanosPerMillion: PRICE.inputNanosPerMillion },
    { tokens: output, nanosPerMillion: PRICE.outputNanosPerMillion },
  ]);

const GOOD = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }] };

describe('the bound of an attempt', () => {
  it('is every byte sent and 16 a message as input, and the whole limit as output', () => {
    const messages = [...GOOD.messages, ...GOOD.messages];
    const { body, boundNanos } = bound({ ...GOOD, messages, max_tokens: 7 });
    expect(boundNanos).toBe(nanos(body.length + 32, 7));
  });

  it('takes the larger of both limits, for each answer', () => {
    const { body, boundNanos } = bound({ ...GOOD, max_tokens: 7, max_completion_tokens: 9, n: 3 });
    expect(boundNanos).toBe(nanos(body.length + 16, 27));
  });

  it('adds what a provider adds for tools, only where there are some', () => {
    const without = bound({ ...GOOD, tools: [], max_tokens: 1 });
    expect(without.boundNanos).toBe(nanos(without.body.length + 16, 1));
    for (const tools of [{ tools: [{ type: 'function' }] }, { functions: [{ name: 'f' }] }]) {
      const { body, boundNanos } = bound({ ...GOOD, ...tools, max_tokens: 1 });
      expect(boundNanos).toBe(nanos(body.length + 16 + 500, 1));
    }
  });

  it('prices input at the dearest', () => {
    const dear = target('http://x', {}, { price: { ...PRICE, cachedInputNanosPerMillion: 900_000_000n } });
    const { body, boundNanos } = bound({ ...GOOD, max_tokens: 1 }, dear);
    expect(boundNanos).toBe(
      costNanos([
        { tokens: body.length + 16, nanosPerMillion: 900_000_000n },
        { tokens: 1, nanosPerMillion: 600_000_000n },
      ]),
    );
  });

  it('is not more than the context of the model', () => {
    const small = target('http://x', {}, { contextTokens: 50 });
    expect(bound({ ...GOOD, max_tokens: 1 }, small).boundNanos).toBe(nanos(50, 1));
  });

  it.each([
    ['openai', 'max_completion_tokens'],
    ['openai-compatible', 'max_tokens'],
  ] as const)('limits the answer where nobody did: kind %s by %s', (kind, field) => {
    const to = target('http://x', { kind });
    const { body, boundNanos } = bound(GOOD, to);
    expect(JSON.parse(body.toString())).toEqual({ ...GOOD, model: 'm-1', [field]: 1_000 });
    expect(boundNanos).toBe(nanos(body.length + 16, 1_000));
    const byRoute = bound(GOOD, to, { ...resolutionOf(to), defaultMaxTokens: 20 });
    expect(JSON.parse(byRoute.body.toString())).toMatchObject({ [field]: 20 });
    expect(byRoute.boundNanos).toBe(nanos(byRoute.body.length + 16, 20));
  });

  it('puts the limit where null stood, so that it does not stand there twice', () => {
    const { body } = bound('{"max_tokens":null,"model":"chat","messages":[{"role":"user","content":""}]}');
    expect(body.toString()).toBe('{"max_tokens":1000,"model":"m-1","messages":[{"role":"user","content":""}]}');
  });

  it('is the maximum of a model whose reasoning no limit caps', () => {
    const uncapped = target('http://x', {}, { reasoningUncapped: true });
    const { body, boundNanos } = bound({ ...GOOD, max_tokens: 7, n: 2 }, uncapped);
    expect(boundNanos).toBe(nanos(body.length + 16, 2_000));
    const above = bound({ ...GOOD, max_tokens: 5_000 }, uncapped);
    expect(above.boundNanos).toBe(nanos(above.body.length + 16, 5_000));
  });

  it.each([
    ['as it is', 'ﷺ'],
    ['as an escape', '\\ufdfa'],
  ])('counts what normalisation makes of a character %s', (_how, text) => {
    const content = text.repeat(100);
    const { boundNanos } = bound(`{"model":"chat","max_tokens":1,"messages":[{"role":"user","content":"${content}"}]}`);
    // U+FDFA becomes 18 characters, 33 bytes.
    expect(boundNanos).toBeGreaterThan(nanos(3_300, 1));
  });

  it('covers every tokenization in which a token is at least a byte, of the text as it is or normalised', () => {
    const content = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('ﷺ', '㌖', 'e\u0301'),
    );
    const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'tool'), content, name: content });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), fc.boolean(), (messages, escapes) => {
        const json = JSON.stringify({ model: 'chat', max_tokens: 1, messages });
        const body = escapes
          ? json.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : json;
        const texts = messages.flatMap(({ role, content: text, name }) => [role, text, name]);
        const bytes = (form?: string) =>
          texts.reduce((sum, text) => sum + Buffer.byteLength(form ? text.normalize(form) : text), 0);
        const worst = Math.max(bytes(), bytes('NFKC')) + 16 * messages.length;
        expect(bound(body).boundNanos).toBeGreaterThanOrEqual(nanos(worst, 1));
      }),
    );
  });
});

describe('the request as it is sent', () => {
  it('differs from what came in nothing but the fields that were set', () => {
    const space = fc.constantFrom('', ' ', '\n', '\t ', '\r\n  ');
    const other = fc
      .tuple(
        fc.string({ unit: 'grapheme' }).map((name) => `x-${name}`),
        fc.jsonValue(),
      )
      .map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)] as const);
    const fields = fc.tuple(
      fc.uniqueArray(other, { selector: ([name]) => name, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
    );
    fc.assert(
      fc.property(
        fields,
        fc.array(space, { minLength: 40, maxLength: 40 }),
        fc.nat(10),
        ([others, stream, limited], spaces, turn) => {
          const members: (readonly [string, string])[] = [
            ...others,
            ['"model"', '"chat"'],
            ['"messages"', '[ {"role":"user", "content":"model\\"max_tokens\\u00e9"} ]'],
            ...(stream
              ? ([
                  ['"stream"', 'true'],
                  ['"stream_options"', '{ "other" : [ ] }'],
                ] as const)
              : []),
            ...(limited ? ([['"max_tokens"', '5']] as const) : []),
          ];
          members.push(...members.splice(0, turn % members.length));
          const gaps = spaces.values();
          const gap = () => gaps.next().value ?? '';
          const print = (parts: readonly (readonly [string, string])[], end: string) =>
            `{${parts.map(([name, value]) => `${gap()}${name}${gap()}:${gap()}${value}${gap()}`).join(',')}${end}}`;
          const came = print(members, '');
          const sent = bound(came).body.toString();
          const changed = came
            .replace('"chat"', '"m-1"')
            .replace('{ "other" : [ ] }', '{ "other" : [ ] ,"include_usage":true}');
          const added = limited ? '' : ',"max_tokens":1000';
          expect(sent).toBe(changed.replace(/}$/, `${added}}`));
        },
      ),
    );
  });
});
