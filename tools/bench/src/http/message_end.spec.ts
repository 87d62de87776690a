import { describe, expect, it } from '@jest/globals';
import { messageEnd } from './message-end.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

describe('messageEnd', () => {
  it.each([
    ['with a length', `${head}Content-Length: 5\r\n\r\nhello`],
    ['with an empty body', `${head}content-length: 0\r\n\r\n`],
    ['without a body', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['in chunks', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n 0\r\n\r\nworld\r\n0\r\n\r\n`],
  ])(
    'finds the end of a message %s, however much of the next one follows, and not before it is whole',
    (_what, text) => {
      const bytes = Buffer.from(text);
      expect(messageEnd(bytes)).toBe(bytes.length);
      expect(messageEnd(Buffer.concat([bytes, Buffer.from('HTTP/1.1 200')]))).toBe(bytes.length);
      for (let length = 0; length < bytes.length; length++) expect(messageEnd(bytes.subarray(0, length))).toBe(0);
    },
  );

  it('does not take a broken chunk for an answer', () => {
    expect(() => messageEnd(Buffer.from(`${head}transfer-encoding: chunked\r\n\r\nhello\r\n`))).toThrow('no size');
  });
});
