import { Transform } from 'node:stream';

/** A line longer than this is passed on in pieces: memory stays bounded whatever a process prints. */
const maxLineLength = 64 * 1024;

/**
 * Puts a prefix before each line, so that the output of several processes can share one terminal. What a process prints is
 * passed on in whole lines; a last line without an end gets one.
 * @param {string} prefix
 * @param {(line: string) => void} [onLine] sees each line without the prefix
 * @returns {Transform} bytes in, bytes out
 */
export function prefixLines(prefix, onLine = () => {}) {
  let rest = '';
  const decoder = new TextDecoder();
  /** @param {string} line */
  const pass = (line) => {
    onLine(line);
    return `${prefix}${line}\n`;
  };
  return new Transform({
    transform(chunk, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLineLength) {
        lines.push(rest);
        rest = '';
      }
      done(null, lines.map(pass).join(''));
    },
    flush(done) {
      done(null, rest === '' ? '' : pass(rest));
    },
  });
}
