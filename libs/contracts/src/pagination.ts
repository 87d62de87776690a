import { z } from 'zod';
import { defineRequest } from './define.ts';
import { id } from './scalars.ts';

/** Times the most rows of a page it is still a safe integer, so that every offset is exact. */
const MAX_PAGE = 1e13;

// In a query string every value is text. Only digits are read: Number() would also take 1e3, 0x10 and the empty text.
const fromDigits = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
const page = z.preprocess(
  fromDigits,
  z.int('must be a whole number').min(1, 'must be at least 1').max(MAX_PAGE, 'must be at most 10 000 000 000 000'),
);
/** How many rows are asked for: 1 to 100. */
export const limit = z.preprocess(
  fromDigits,
  z.int('must be 1 to 100').min(1, 'must be 1 to 100').max(100, 'must be 1 to 100'),
);

// The JSON schema of what is sent leaves out default() here, behind a transformation, but names prefault().
/** The fields that every list takes. */
export const pageFields = { page: page.prefault(1), limit: limit.prefault(50) };

/** The fields that every log (paged by cursor) takes. */
export const cursorFields = {
  cursor: z.string().max(200, 'must be a nextCursor of an earlier answer').optional(),
  limit: limit.prefault(50),
};

/** What a list answers with beside its rows. */
export const pagination = z.object({
  page: z.int(),
  limit: z.int(),
  total: z.int(),
  pages: z.int(),
  hasNext: z.boolean(),
  hasPrev: z.boolean(),
});
export type Pagination = z.output<typeof pagination>;

/** A list of `row`. */
export const pageOf = <S extends z.ZodType>(row: S) => z.object({ data: z.array(row), pagination });

/** A log of `row`, paged by cursor; `nextCursor` is null at the end. */
export const cursorPageOf = <S extends z.ZodType>(row: S) =>
  z.object({ data: z.array(row), pagination: z.object({ limit: z.int(), nextCursor: z.string().nullable() }) });

/** The `pagination` of a list answer. A page beyond the end is empty, not an error. */
export function paginate({ page, limit }: { page: number; limit: number }, total: number): Pagination {
  const pages = Math.ceil(total / limit);
  return { page, limit, total, pages, hasNext: page < pages, hasPrev: page > 1 && pages > 0 };
}

/** The field `sort` of a list: a field's name, with `-` in front for descending order. */
export const sortBy = <const F extends string>(...fields: F[]) =>
  z
    .enum(
      fields.flatMap((field) => [field, `-${field}` as const]),
      {
        error: `must be one of ${fields.join(', ')}, with - in front for descending order`,
      },
    )
    .optional();

/** Who asks: the key that the gateway authenticated. */
export const actor = z.object({ keyId: id, accountId: id });

/** The version that If-Match names; the write is refused when the resource has another by now. */
export const ifMatch = z.int().min(1).optional();

/**
 * The five messages of a resource: `<service>.<name>.create|get|list|update|remove`.
 * `create` with an `idempotencyKey` that was used before answers what it answered then.
 */
export function defineResource<
  R extends z.ZodType,
  C extends z.ZodType,
  U extends z.ZodType,
  F extends z.ZodRawShape,
  N extends z.ZodType = R,
  G extends z.ZodRawShape = Record<never, never>,
>(prefix: string, schemas: { resource: R; create: C; update: U; filters: F; created?: N; gatewayFilters?: G }) {
  const { resource, create, update, filters, created, gatewayFilters } = schemas;
  const query = z.strictObject({ ...pageFields, ...filters });
  return Object.freeze({
    /** What clients may ask a list with; the gateway adds `gatewayFilters`. */
    query,
    create: defineRequest(`${prefix}.create`, {
      request: z.object({ input: create, actor, idempotencyKey: z.string().min(1).max(255).optional() }),
      response: (created ?? resource) as N,
    }),
    get: defineRequest(`${prefix}.get`, { request: z.object({ id: z.string() }), response: resource }),
    list: defineRequest(`${prefix}.list`, {
      request: query.extend((gatewayFilters ?? {}) as G),
      response: pageOf(resource),
    }),
    update: defineRequest(`${prefix}.update`, {
      request: z.object({ id: z.string(), changes: update, ifMatch, actor }),
      response: resource,
    }),
    remove: defineRequest(`${prefix}.remove`, {
      request: z.object({ id: z.string(), ifMatch, actor }),
      response: z.object({}),
    }),
  });
}

/** The five messages of any resource. */
export type ResourceContract = ReturnType<typeof defineResource<z.ZodType, z.ZodType, z.ZodType, z.ZodRawShape>>;

/** What every stored resource carries. `version` is its ETag. */
export const stored = { id, version: z.int(), createdAt: z.string(), updatedAt: z.string() };
