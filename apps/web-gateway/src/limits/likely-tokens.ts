/** A token of English or of JSON is about four bytes long. */
const BYTES_PER_TOKEN = 4;
const ESCAPE = Buffer.from('\\u');
const ESCAPE_BYTES = 6;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const DIGIT_0 = 0x30;
const DIGIT_7 = 0x37;
/** To tell `d` from `D` by. */
const CASE = 0x20;
const LOWER_D = 0x64;

/** How many tokens a text of so many bytes is likely to have. */
export function likelyTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * The bytes of a JSON text, those of characters escaped as `\uXXXX` as if they stood there themselves: some clients send all
 * that is not ASCII so, three times as long.
 */
export function bytesUnescaped(json: Buffer): number {
  let bytes = json.length;
  for (let at = json.indexOf(ESCAPE); at >= 0;) {
    const next = at + ESCAPE_BYTES;
    // A backslash that is escaped itself, before the letter.
    if (json[at - 1] !== BACKSLASH) bytes -= ESCAPE_BYTES - bytesOfCharacter(json, at + 2);
    // They mostly stand side by side.
    at = json[next] === BACKSLASH && json[next + 1] === LOWER_U ? next : json.indexOf(ESCAPE, next);
  }
  return bytes;
}

/** In UTF-8, by the first of its four hexadecimal digits; of a pair of surrogates each has half. */
function bytesOfCharacter(json: Buffer, digits: number): number {
  const first = json[digits]!;
  const second = json[digits + 1]!;
  if (first === DIGIT_0 && second === DIGIT_0) return json[digits + 2]! <= DIGIT_7 ? 1 : 2;
  if (first === DIGIT_0 && second <= DIGIT_7) return 2;
  return (first | CASE) === LOWER_D && second > DIGIT_7 ? 2 : 3;
}
