import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { pageFields, pageOf, sortBy } from '../pagination.ts';
import { id, searchText } from '../scalars.ts';

export const workEffortStatus = z.enum(['planned', 'in-progress', 'completed', 'blocked'], {
  error: 'must be one of planned, in-progress, completed, blocked',
});
export type WorkEffortStatus = z.output<typeof workEffortStatus>;

export const ticketStatus = z.enum(['pending', 'in-progress', 'completed', 'blocked']);
export type TicketStatus = z.output<typeof ticketStatus>;

/** One piece of work with its tickets. `progress` is the share of completed tickets in per cent, to the nearest whole. */
export const workEffort = z.object({
  id,
  externalId: z.string(),
  title: z.string(),
  description: z.string(),
  status: workEffortStatus,
  progress: z.int().min(0).max(100),
  branch: z.string().nullable(),
  repository: z.string().nullable(),
  tags: z.array(z.string()),
  sourceId: id,
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type WorkEffort = z.output<typeof workEffort>;

export const ticket = z.object({
  id,
  externalId: z.string(),
  title: z.string(),
  status: ticketStatus,
  sequence: z.int(),
  /** The external id of the work effort that it says it belongs to, which need not be the one that it lies in. */
  parent: z.string().nullable(),
  assignedTo: z.string().nullable(),
  createdAt: z.string().nullable(),
});
export type Ticket = z.output<typeof ticket>;

export const listWorkEfforts = defineRequest('training.work-efforts.list', {
  request: z.strictObject({
    ...pageFields,
    q: searchText.optional(),
    status: workEffortStatus.optional(),
    sourceId: id.optional(),
    sort: sortBy('title', 'createdAt', 'updatedAt'),
  }),
  response: pageOf(workEffort),
});

export const getWorkEffort = defineRequest('training.work-efforts.get', {
  request: z.object({ id: z.string() }),
  response: workEffort.extend({ tickets: z.array(ticket) }),
});
