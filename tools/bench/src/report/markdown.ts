import type { BenchReport, Table } from './bench.ts';

/** A Markdown table with its columns aligned, numbers to the right. */
export function tableMarkdown({ columns, rows }: Table): string {
  const widths = columns.map((column, at) => Math.max(column.length, 3, ...rows.map((row) => row[at]!.length)));
  const right = columns.map((_, at) => rows.every((row) => /^[\d–-]/.test(row[at]!)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (right[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join(' | ')} |`;
  const rule = widths.map((width, at) => (right[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

/** A report as a section of a page, its heading first. */
export function sectionMarkdown(report: BenchReport, measured: string): string {
  const parts = [
    ...[`## ${report.title}`, measured, ...report.about],
    ...report.tables.map(tableMarkdown),
    ...(report.notes.length > 0 ? [report.notes.map((note) => `- ${note}`).join('\n')] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The page with its section of that heading replaced, or with the section added where there is none yet. */
export function withSection(page: string, section: string): string {
  const heading = section.slice(0, section.indexOf('\n'));
  const sections = page.split(/^(?=## )/m);
  const at = sections.findIndex((each) => each.startsWith(`${heading}\n`));
  if (at < 0) return `${page.trimEnd()}\n\n${section}`;
  return sections.with(at, at === sections.length - 1 ? section : `${section}\n`).join('');
}
