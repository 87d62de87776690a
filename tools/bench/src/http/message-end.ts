const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

/**
 * Where the HTTP/1.1 message that begins at byte 0 ends; 0 while it is not whole. Knows bodies with a length, bodies in
 * chunks without trailers, and none.
 */
export function messageEnd(bytes: Buffer): number {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return 0;
  const head = bytes.toString('latin1', 0, headEnd);
  const bodyStart = headEnd + HEAD_END.length;
  const length = LENGTH.exec(head)?.[1];
  if (length !== undefined) {
    const end = bodyStart + Number(length);
    return bytes.length >= end ? end : 0;
  }
  return CHUNKED.test(head) ? lastChunkEnd(bytes, bodyStart) : bodyStart;
}

function lastChunkEnd(bytes: Buffer, bodyStart: number): number {
  for (let at = bodyStart; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return 0;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('A chunk of an answer has no size.');
    at = lineEnd + 2 + size + 2;
    if (at > bytes.length) return 0;
    if (size === 0) return at;
  }
}
