import { z } from 'zod';

/**
 * The JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it) of a contract's schema: of what is sent (`input`) or of what is
 * received, defaults filled in (`output`). What JSON Schema can't say, such as the exact form of money, is left out.
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
