import { parseBody, requireUtf8 } from './parse-body.ts';
import { scanTopLevel, type TopLevelScan } from './scan-top-level.ts';

/** A JSON object, and where some of its fields stand in the bytes. */
export interface ReadObject {
  /** As `JSON.parse` gives it: a field `__proto__` is an own property like any other, so never merge it into another object. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly scan: TopLevelScan;
}

/**
 * Reads the body of the data plane: a JSON object of which Purser reads the fields `looked` and passes everything else on.
 *
 * @throws DomainError `invalid_request` where it is not UTF-8, not JSON, not an object, nests deeper than `maxDepth`, or
 *   holds one of `looked` twice
 */
export function readObject(body: Buffer, looked: ReadonlySet<string>, maxDepth: number): ReadObject {
  requireUtf8(body);
  const scan = scanTopLevel(body, looked, maxDepth);
  return { value: parseBody(body, scan.escapedNames) as Record<string, unknown>, scan };
}
