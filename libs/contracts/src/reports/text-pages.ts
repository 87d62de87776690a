import { z } from 'zod';
import { defineRequest } from '../define.ts';

/** Rows of a page, as the text of a JSON list without its brackets, and how many there are on all pages. */
const rowsAsText = z.object({
  rows: z.string(),
  /** How many of the page's rows these are: fewer than all where all would not fit one message. */
  count: z.int(),
  total: z.int(),
  /** The state of the catalogue that it was read in. */
  revision: z.string(),
});

/**
 * A list whose page travels as text, so that neither end reads what it only hands on. `skip` passes over rows of the page
 * that an earlier answer had; with its `revision` they are of one state of the catalogue, or `concurrent_change` is said.
 */
export function defineTextPage<S extends z.ZodRawShape>(subject: string, query: z.ZodObject<S>) {
  return defineRequest(subject, {
    request: query.extend({ skip: z.int().min(0).max(99).default(0), revision: z.string().optional() }),
    response: rowsAsText,
  });
}
