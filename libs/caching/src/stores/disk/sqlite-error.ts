import type { DiskProblemKind } from './calls.ts';

/** What is on the disk is no store of ours, or not of this version, or too large to be used. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

// Statements are the same always, so one that has an error, or breaks a constraint, has met other tables or a damaged index.
// Result codes of SQLite (sqlite.org/rescode.html); the low byte is the kind.
const ERROR = 1;
const BUSY = 5;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CONSTRAINT = 19;
const NOTADB = 26;
const IOERR_READ = 266;
const IOERR_SHORT_READ = 522;

export function kindOf(error: unknown): DiskProblemKind {
  if (error instanceof UnusableFile) return 'corrupt';
  const { errcode = 0 } = error as { errcode?: number };
  switch (errcode & 0xff) {
    case BUSY:
      return 'in_use';
    case ERROR:
    case CONSTRAINT:
    case CORRUPT:
    case NOTADB:
      return 'corrupt';
    case FULL:
      return 'full';
    case IOERR:
      if (errcode === IOERR_SHORT_READ) return 'corrupt';
      return errcode === IOERR_READ ? 'failing' : 'full';
    default:
      return 'failing';
  }
}
