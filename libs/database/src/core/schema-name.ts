/**
 * A schema's name, quoted for SQL.
 *
 * @throws TypeError unless it is a plain lower-case identifier: such a name means the same with and without quotes.
 */
export function quotedSchema(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new TypeError(`"${schema}" is no schema name: lower-case letters, digits and _ only, 63 at most`);
  }
  return `"${schema}"`;
}
