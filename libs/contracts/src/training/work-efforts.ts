import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { pageFields, pageOf, sortBy } from '../pagination.ts';
import { id, searchText } from '../scalars.ts';

export const workEffortStatus = z.enum(['planned', 'in-progress', 'completed', 'blocked'], {
  error: 'must be one of planned, in-progress, completed, blocked',
});
export type WorkEffortStatus = z.output<typeof workEffortStatus>;

export const ticketStatus = z.enum(['pending', 'in-progress', 'completed', 'blocked'], {
  error: 'must be one of pending, in-progress, completed, blocked',
});
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

/** A ticket by itself: it says where it lies. */
export const listedTicket = ticket.extend({
  workEffortId: id,
  workEffortExternalId: z.string(),
  sourceId: id,
});
export type ListedTicket = z.output<typeof listedTicket>;

/** What is sought with `q`: each word, the last also as the beginning of one. Without `sort` the best match comes first. */
const q = searchText.optional();
/** Tags that a work effort has all of: with commas between them, or the parameter several times. */
const tag = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : value),
  z
    .array(z.string(), 'must be tags with commas between them')
    .min(1, 'must name a tag')
    .max(20, 'must have at most 20 tags')
    .refine((tags) => tags.every((one) => one.trim() !== '' && searchText.safeParse(one).success), {
      error: 'must be tags of 1 to 300 characters, without NUL, with commas between them',
    }),
);

export const listWorkEfforts = defineRequest('training.work-efforts.list', {
  request: z.strictObject({
    ...pageFields,
    q,
    status: workEffortStatus.optional(),
    tag: tag.optional(),
    sourceId: id.optional(),
    sort: sortBy('title', 'externalId', 'status', 'progress', 'createdAt', 'updatedAt'),
  }),
  response: pageOf(workEffort),
});

export const getWorkEffort = defineRequest('training.work-efforts.get', {
  request: z.object({ id: z.string() }),
  response: workEffort.extend({ tickets: z.array(ticket) }),
});

export const listTickets = defineRequest('training.tickets.list', {
  request: z.strictObject({
    ...pageFields,
    q,
    status: ticketStatus.optional(),
    workEffortId: id.optional(),
    sourceId: id.optional(),
    assignedTo: searchText.optional(),
    sort: sortBy('externalId', 'title', 'status', 'sequence', 'createdAt'),
  }),
  response: pageOf(listedTicket),
});

export const getTicket = defineRequest('training.tickets.get', {
  request: z.object({ id: z.string() }),
  response: listedTicket,
});

/** A tag that at least one work effort has, and how many have it. */
export const tagCount = z.object({ id, name: z.string(), workEfforts: z.int() });
export type TagCount = z.output<typeof tagCount>;

export const listTags = defineRequest('training.tags.list', {
  request: z.strictObject({
    ...pageFields,
    q: searchText.optional(),
    sourceId: id.optional(),
    sort: sortBy('name', 'workEfforts'),
  }),
  response: pageOf(tagCount),
});

/** How much work there is and how it stands, over all sources or one. */
export const workEffortStats = defineRequest('training.work-efforts.stats', {
  request: z.strictObject({ sourceId: id.optional() }),
  response: z.object({
    total: z.int(),
    byStatus: z.record(workEffortStatus, z.int()),
    /** Of all work efforts that have tickets, to two decimals; 0 where there are none. */
    meanProgress: z.number(),
    /** The 100 with the most. */
    bySource: z.array(z.object({ sourceId: id, workEfforts: z.int() })),
    /** The 50 with the most. */
    byTag: z.array(tagCount),
    tickets: z.object({ total: z.int(), byStatus: z.record(ticketStatus, z.int()) }),
    /** The latest 10, the latest first. */
    recentlyUpdated: z.array(
      workEffort.pick({ id: true, externalId: true, title: true, status: true, progress: true, updatedAt: true }),
    ),
  }),
});
export type WorkEffortStats = z.output<typeof workEffortStats.response>;
