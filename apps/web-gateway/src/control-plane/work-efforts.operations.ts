import { getTicket, getWorkEffort, listTags, listTickets, listWorkEfforts, workEffortStats } from '@purser/contracts';
import { jsonSchemaOf } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, list, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/work-efforts`, `/api/v1/tickets` and `/api/v1/tags`. */
export function workEffortOperations(): readonly Operation[] {
  return [
    list('work-efforts', 'listWorkEfforts', 'List work efforts', 'WorkEffort', listWorkEfforts),
    {
      ...one('get', 'work-efforts', '/stats', 'getWorkEffortStats', 'Count work efforts, tickets and tags'),
      query: jsonSchemaOf(workEffortStats.request, 'input'),
      answer: ok(answerOf('WorkEffortStats', workEffortStats.response)),
      errors: [400],
    },
    {
      ...one('get', 'work-efforts', '/{id}', 'getWorkEffort', 'Get a work effort with its tickets'),
      answer: ok(answerOf('WorkEffortWithTickets', getWorkEffort.response)),
      errors: [404],
    },
    list('tickets', 'listTickets', 'List tickets of all work efforts', 'Ticket', listTickets),
    {
      ...one('get', 'tickets', '/{id}', 'getTicket', 'Get a ticket'),
      answer: ok(answerOf('Ticket', getTicket.response)),
      errors: [404],
    },
    list('tags', 'listTags', 'List tags with how many work efforts have each', 'Tag', listTags),
  ];
}
