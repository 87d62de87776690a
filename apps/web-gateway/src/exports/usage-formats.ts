import { usageRow, type UsageRow } from '@purser/contracts';

/** How rows become the text of a file. */
export interface ExportFormat {
  readonly contentType: string;
  /** What stands before the first row. */
  readonly head: string;
  /** One row, with its line end. */
  readonly line: (row: UsageRow) => string;
}

const columns = Object.keys(usageRow.shape) as (keyof UsageRow)[];

/**
 * CSV as RFC 4180 has it: a header line, CRLF, quotes where a cell needs them; null is an empty cell. A text that a
 * spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an apostrophe in
 * front: models, routes and request ids are chosen by clients.
 */
const csv: ExportFormat = {
  contentType: 'text/csv; charset=utf-8; header=present',
  head: `${columns.join(',')}\r\n`,
  line: (row) => `${columns.map((column) => cell(row[column])).join(',')}\r\n`,
};

/** A JSON object a line, as `GET /api/v1/usage` gives them. */
const ndjson: ExportFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  head: '',
  line: (row) => `${JSON.stringify(row)}\n`,
};

export const usageFormats = { csv, ndjson } as const;

function cell(value: UsageRow[keyof UsageRow]): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
