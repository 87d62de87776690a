import { describe, expect, it } from '@jest/globals';
import { SeenOutput } from './seen-output.ts';

const event = (...deltas: object[]) =>
  Buffer.from(
    `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'm-1', choices: deltas.map((delta, index) => ({ index, delta })) })}\n\n`,
  );
const tokensOf = (...events: readonly Buffer[]) => {
  const seen = new SeenOutput('delta');
  for (const each of events) seen.read(each);
  return seen.tokens;
};

describe('the tokens seen of a stream', () => {
  it('are one for each piece of text', () => {
    const pieces = ['Hel', 'lo', ' ', '"delta":{"content":"no"}'].map((content) => event({ content }));
    expect(tokensOf(event({ role: 'assistant', content: '' }), ...pieces.slice(0, 3), event({}))).toBe(3);
    expect(tokensOf(...pieces)).toBe(9);
  });

  it('are more where pieces are long', () => {
    expect(tokensOf(event({ content: 'x'.repeat(400) }))).toBe(100);
  });

  it('are those of all choices, of reasoning and of calls of tools', () => {
    const call = {
      index: 0,
      id: 'call-1',
      type: 'function',
      function: { name: 'weather_of', arguments: 'x'.repeat(40) },
    };
    const text = event({ content: 'x'.repeat(40) }, { reasoning_content: 'x'.repeat(40) }, { tool_calls: [call] });
    expect(tokensOf(text)).toBe(30);
  });

  it('are not more for escapes', () => {
    expect(tokensOf(Buffer.from(`data: {"choices":[{"delta":{"content":"${'\\u0436'.repeat(40)}"}}]}\n\n`))).toBe(20);
  });

  it.each([
    [': keep-alive\n\n', 0],
    ['data: {"choices":[{"delta":null}]}\n\n', 0],
    ['data: {"delta"\n\n', 0],
    ['data: {"delta":', 0],
    ['data: {"delta":{"content":"abcd', 1],
    ['data: {"delta":{"content":"abc\\', 1],
  ])('of %j are %d', (text, tokens) => {
    expect(tokensOf(Buffer.from(text))).toBe(tokens);
  });
});

it('the tokens seen of a whole answer are those of its messages', () => {
  const seen = new SeenOutput('message');
  const message = { role: 'assistant', content: 'x'.repeat(40) };
  seen.read(Buffer.from(JSON.stringify({ choices: [{ message }, { message }] })));
  expect(seen.tokens).toBe(20);
});
