import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  getTicket,
  getWorkEffort,
  listTags,
  listTickets,
  listWorkEfforts,
  workEffortStats,
  type RequestContract,
} from '@purser/contracts';
import { v7 as uuidv7 } from 'uuid';
import { callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

const id = uuidv7();
const at = '2026-01-31T12:00:00.000Z';
const page = () => ({
  data: [],
  pagination: { page: 1, limit: 50, total: 1, pages: 1, hasNext: false, hasPrev: false },
});

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge();
});
beforeEach(() => {
  edge.client.received.length = 0;
});
afterAll(() => edge?.app.close());

const get = (path: string, headers: Record<string, string> = {}) => callAsAdmin(edge, 'GET', path, undefined, headers);
const received = (contract: RequestContract) => edge.client.receivedOf(contract);

describe('what sources hold', () => {
  it('work efforts are listed by page, and read with a tag of what they hold', async () => {
    const workEffort = {
      ...{ id, externalId: 'W-1', title: 'T', description: '', status: 'planned', progress: 0, branch: null },
      ...{ repository: null, tags: [], sourceId: id, createdAt: at, updatedAt: at, tickets: [] },
    };
    edge.client.answer(listWorkEfforts, page).answer(getWorkEffort, () => workEffort);
    expect((await get('/work-efforts?q=x&tag=y,z&limit=5')).headers['x-total-count']).toBe('1');
    expect(received(listWorkEfforts)).toEqual([{ q: 'x', tag: ['y', 'z'], limit: 5, page: 1 }]);
    const known = { 'if-none-match': String((await get(`/work-efforts/${id}`)).headers.etag) };
    expect((await get(`/work-efforts/${id}`, known)).statusCode).toBe(304);
    edge.client.answer(getWorkEffort, () => ({ ...workEffort, progress: 50 }));
    expect((await get(`/work-efforts/${id}`, known)).statusCode).toBe(200);
  });

  it('tickets likewise', async () => {
    const ticket = {
      ...{ id, externalId: 'T-1', title: 'T', status: 'pending', sequence: 1, parent: null, assignedTo: null },
      ...{ createdAt: null, workEffortId: id, workEffortExternalId: 'W-1', sourceId: id },
    };
    edge.client.answer(listTickets, page).answer(getTicket, () => ticket);
    expect((await get('/tickets?q=x&status=pending')).headers['x-total-count']).toBe('1');
    expect(received(listTickets)).toEqual([{ q: 'x', status: 'pending', limit: 50, page: 1 }]);
    const read = await get(`/tickets/${id}`);
    expect(read.json()).toEqual(ticket);
    expect((await get(`/tickets/${id}`, { 'if-none-match': String(read.headers.etag) })).statusCode).toBe(304);
  });

  it('tags are listed by page, and statistics are no work effort', async () => {
    const stats = {
      ...{ total: 0, meanProgress: 0, bySource: [], byTag: [], recentlyUpdated: [] },
      byStatus: { planned: 0, 'in-progress': 0, completed: 0, blocked: 0 },
      tickets: { total: 0, byStatus: { pending: 0, 'in-progress': 0, completed: 0, blocked: 0 } },
    };
    edge.client.answer(listTags, page).answer(workEffortStats, () => stats);
    expect((await get('/tags?limit=1')).headers['x-total-count']).toBe('1');
    expect((await get(`/work-efforts/stats?sourceId=${id}`)).json()).toEqual(stats);
    expect(received(workEffortStats)).toEqual([{ sourceId: id }]);
  });

  it.each([
    ['/work-efforts?status=done', 'status'],
    ['/work-efforts?tag=', 'tag'],
    ['/work-efforts?label=x', 'label'],
    ['/work-efforts/stats?status=planned', 'status'],
    ['/tickets?status=planned', 'status'],
    ['/tickets?workEffortId=1', 'workEffortId'],
    ['/tickets?sort=assignedTo', 'sort'],
    ['/tags?sort=id', 'sort'],
    ['/tags?limit=0', 'limit'],
  ])('refuse %s by name', async (path, field) => {
    const refused = await get(path);
    expect(refused.json()).toMatchObject({ status: 400, code: 'invalid_request', field });
    expect(edge.client.received).toEqual([]);
  });
});
