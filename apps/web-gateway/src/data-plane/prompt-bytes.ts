import { isAscii } from 'node:buffer';

const ESCAPE = Buffer.from('\\u');

/**
 * How many bytes longer than the body its text can become when the provider's tokenizer normalises it (NFKC): a few
 * characters turn into many, such as U+FDFA into 18. 0 for bodies in ASCII without escapes that could hide such characters.
 *
 * @param value what the body holds, parsed
 */
export function normalisationExcess(body: Buffer, value: unknown): number {
  if (isAscii(body) && !body.includes(ESCAPE)) return 0;
  // Printed anew, so that escaped characters stand in it as themselves.
  return Math.max(0, Buffer.byteLength(JSON.stringify(value).normalize('NFKC')) - body.length);
}
