import { crc32 } from 'node:zlib';
import type { UsageRecord } from '@purser/contracts';

/** What is known of an attempt before it leaves. */
export type OpenRecord = Omit<UsageRecord, keyof CloseRecord>;
/** How an attempt ended. */
export type CloseRecord = Pick<
  UsageRecord,
  'cost' | 'usage' | 'status' | 'reason' | 'estimated' | 'latencyMs' | 'firstByteMs'
>;

/** One line of the journal. An open comes with its close where there is nothing between them: a hit of the answer cache. */
export type JournalLine =
  | { readonly type: 'open'; readonly session: string; readonly open: OpenRecord; readonly close?: CloseRecord }
  | { readonly type: 'close'; readonly usageId: string; readonly close: CloseRecord };

const CRC_DIGITS = 8;

/** `<CRC-32 in hexadecimal> <JSON>\n`. */
export function encodeLine(line: JournalLine): string {
  const json = JSON.stringify(line);
  return `${crc32(json).toString(16).padStart(CRC_DIGITS, '0')} ${json}\n`;
}

/** What a segment holds. */
export interface DecodedSegment {
  readonly lines: JournalLine[];
  /** The bytes up to the end of the last whole line: what follows is a torn tail. */
  readonly wholeBytes: number;
  /** Lines in the middle that are damaged. More than none: opens may be missing. */
  readonly damaged: number;
}

/**
 * Reads a segment. A tail without its newline, or with a checksum that does not fit, was being written when the process
 * or the machine stopped: nothing that follows from it ever left this gateway. Zeros are room that was made ahead.
 */
export function decodeSegment(bytes: Buffer): DecodedSegment {
  const zeros = bytes.indexOf(0);
  const text = zeros === -1 ? bytes : bytes.subarray(0, zeros);
  const lines: JournalLine[] = [];
  let damaged = 0;
  let pendingDamage = 0;
  let wholeBytes = 0;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(10, start);
    if (end === -1) break;
    const line = decodeLine(text.toString('utf8', start, end));
    start = end + 1;
    if (line) {
      lines.push(line);
      wholeBytes = start;
      damaged += pendingDamage;
      pendingDamage = 0;
    } else {
      pendingDamage += 1;
    }
  }
  return { lines, wholeBytes, damaged };
}

function decodeLine(text: string): JournalLine | undefined {
  const json = text.slice(CRC_DIGITS + 1);
  if (Number.parseInt(text.slice(0, CRC_DIGITS), 16) !== crc32(json)) return undefined;
  try {
    return JSON.parse(json) as JournalLine;
  } catch {
    return undefined;
  }
}
