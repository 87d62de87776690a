import { invalidField } from '@purser/errors';
import { parseBody, requireUtf8 } from './parse-body.ts';
import { scanTopLevel, type TopLevelScan } from './scan-top-level.ts';

/** A JSON object, and where some of its fields stand in the bytes. */
export interface ReadObject {
  /** As `JSON.parse` gives it: deeper down a field `__proto__` may be an own property, so never merge it into another object. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly scan: TopLevelScan;
}

/**
 * Reads the body of the data plane: a JSON object of which Purser reads the fields `looked` and passes everything else on.
 *
 * @throws DomainError `invalid_request` where it is not UTF-8, not JSON, not an object, nests deeper than `maxDepth`, or
 *   holds one of `looked` twice, or `__proto__`
 */
export function readObject(body: Buffer, looked: ReadonlySet<string>, maxDepth: number): ReadObject {
  requireUtf8(body);
  const scan = scanTopLevel(body, looked, maxDepth);
  const value = parseBody(body, scan.escapedNames) as Record<string, unknown>;
  if (Object.hasOwn(value, '__proto__')) throw invalidField('__proto__', 'is not allowed as a name');
  return { value, scan };
}
