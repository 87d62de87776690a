import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompletionStream } from './completion-stream.ts';

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const REPORTED = { inputTokens: 7, outputTokens: 3, cachedInputTokens: 0 };
const CHUNK = `data: ${JSON.stringify({ choices: [{ delta: { content: 'a"usage":{}b' } }], usage: null })}`;
const FINAL = `data: ${JSON.stringify({ choices: [], usage: USAGE })}`;
const BESIDE = `data: ${JSON.stringify({ choices: [{ delta: {} }], usage: USAGE })}`;

/** Sends the text in pieces that end at these positions. */
function read(text: string, { hideUsage = true, cuts = [] as readonly number[], ends = true } = {}) {
  const bytes = Buffer.from(text);
  const passed: Buffer[] = [];
  const stream = new CompletionStream(hideUsage, (piece) => passed.push(Buffer.from(piece)));
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < edges.length; i++) stream.push(bytes.subarray(edges[i - 1], edges[i]));
  if (ends) stream.end();
  return {
    passed: Buffer.concat(passed).toString(),
    usage: stream.usage,
    done: stream.done?.toString(),
    midEvent: stream.midEvent,
  };
}

describe('CompletionStream', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('hides the usage chunk and keeps [DONE] back, with lines that end with %s', (_name, eol) => {
    const blank = eol + eol;
    const text = [CHUNK, FINAL, ': comment', 'data: [DONE]', 'data: after'].map((event) => event + blank).join('');
    expect(read(text)).toEqual({
      passed: `${CHUNK}${blank}: comment${blank}`,
      usage: REPORTED,
      done: `data: [DONE]${blank}`,
      midEvent: false,
    });
  });

  it('hides nothing from a client that asked for the usage', () => {
    const text = `${CHUNK}\n\n${FINAL}\n\n`;
    expect(read(text, { hideUsage: false })).toMatchObject({ passed: text, usage: REPORTED });
  });

  it('passes usage that comes beside choices, and believes it once [DONE] has come', () => {
    const text = `${BESIDE}\n\n`;
    expect(read(text)).toMatchObject({ passed: text, usage: undefined });
    expect(read(`${text}data: [DONE]\n\n`)).toMatchObject({ passed: text, usage: REPORTED });
  });

  it('takes the last usage where there are several', () => {
    const later = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 9 } })}\n\n`;
    expect(read(`${BESIDE}\n\n${later}`).usage).toEqual({ inputTokens: 9, outputTokens: 9, cachedInputTokens: 0 });
  });

  it.each([
    ['the name of a key elsewhere', `data: ${JSON.stringify({ choices: [{ usage: USAGE }] })}`],
    ['what the model wrote', `data: ${JSON.stringify({ choices: [{ delta: { content: FINAL } }] })}`],
    ['no JSON', 'data: {"choices":[],"usage":{"prompt_tokens":7'],
    ['no usage', 'data: {"choices":[],"usage":{"prompt_tokens":"7"}}'],
  ])('is not misled by %s', (_what, event) => {
    expect(read(`${event}\n\n`)).toMatchObject({ passed: `${event}\n\n`, usage: undefined });
  });

  it.each(['data:[DONE]\n\n', 'event: end\ndata: [DONE]\n\n', 'id: 7\r\ndata: [DONE]\r\n\r\n', 'data: [DONE]'])(
    'knows the end as %j',
    (event) => {
      expect(read(`${CHUNK}\n\n${event}`)).toMatchObject({ passed: `${CHUNK}\n\n`, done: event });
    },
  );

  it('reads data over several lines', () => {
    const event = `data: {"choices":[],\ndata: "usage":${JSON.stringify(USAGE)}}\n\n`;
    expect(read(event)).toMatchObject({ passed: '', usage: REPORTED });
  });

  it('drops what was begun of an event when the stream breaks', () => {
    expect(read(`${CHUNK}\n\n${CHUNK.slice(0, 20)}`, { ends: false })).toMatchObject({ passed: `${CHUNK}\n\n` });
  });

  it('lets an event that is too long to be kept flow, and says that it is amid it', () => {
    const long = `data: ${JSON.stringify({ choices: [], usage: USAGE, padding: 'x'.repeat(100_000) })}`;
    const cuts = [10_000, 40_000, 70_000, 90_000];
    expect(read(long, { cuts, ends: false })).toEqual({
      passed: long,
      usage: undefined,
      done: undefined,
      midEvent: true,
    });
    const whole = `${long}\n\n${CHUNK}\n\n`;
    expect(read(`${whole}${FINAL}\n\n`, { cuts })).toMatchObject({ passed: whole, usage: REPORTED, midEvent: false });
  });

  it('gives the same whatever the pieces in which the bytes come', () => {
    const eol = fc.constantFrom('\n', '\r\n', '\r');
    const line = fc.oneof(
      fc.constantFrom(CHUNK, FINAL, BESIDE, 'data: [DONE]', ': ping', 'event: message', 'data:', 'retry: 5', 'data: {'),
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '')),
      fc.nat(3).map((length) => `data: ${'y'.repeat(length * 30_000)}`),
    );
    const text = fc.array(fc.tuple(line, eol, fc.option(eol)), { maxLength: 12 });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(400_000), { maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        (lines, cuts, ends, hideUsage) => {
          const joined = lines.map(([content, end, blank]) => content + end + (blank ?? '')).join('');
          expect(read(joined, { cuts, ends, hideUsage })).toEqual(read(joined, { ends, hideUsage }));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('passes every byte but those of usage chunks and from [DONE] on', () => {
    const event = fc
      .constantFrom(CHUNK, FINAL, BESIDE, ': ping', 'data: {', 'event: x\ndata: y')
      .map((text) => `${text}\n\n`);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.array(fc.nat(5_000), { maxLength: 20 }), (events, cuts) => {
        const { passed, done } = read(`${events.join('')}data: [DONE]\n\nrest`, { cuts });
        expect(passed).toBe(events.filter((text) => !text.startsWith(FINAL)).join(''));
        expect(done).toBe('data: [DONE]\n\n');
      }),
    );
  });
});
