import type { TopLevelScan } from './scan-top-level.ts';

/**
 * A copy of a JSON object with some top-level fields set: replaced where they stand, added at the end where they are not
 * there. All other bytes stay as they are; with nothing to set, `body` itself.
 *
 * @param scan of this very body
 * @param values JSON texts by name
 * @throws RangeError for a field that the scan did not look for: adding it could make it stand there twice
 */
export function setTopLevel(body: Buffer, scan: TopLevelScan, values: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(values);
  if (names.length === 0) return body;
  const stray = names.find((name) => !scan.looked.has(name));
  if (stray !== undefined) throw new RangeError(`The scan did not look for the field ${stray}`);

  const replaced = names.filter((name) => scan.fields.has(name));
  replaced.sort((a, b) => scan.fields.get(a)!.start - scan.fields.get(b)!.start);
  const pieces: Buffer[] = [];
  let position = 0;
  for (const name of replaced) {
    const { start, end } = scan.fields.get(name)!;
    pieces.push(body.subarray(position, start), Buffer.from(values[name]!));
    position = end;
  }
  const added = names.filter((name) => !scan.fields.has(name)).map((name) => `${JSON.stringify(name)}:${values[name]}`);
  const separator = scan.empty || added.length === 0 ? '' : ',';
  pieces.push(body.subarray(position, scan.close), Buffer.from(separator + added.join(',')), body.subarray(scan.close));
  return Buffer.concat(pieces);
}
