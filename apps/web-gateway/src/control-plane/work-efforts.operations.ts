import { getWorkEffort, listWorkEfforts } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, list, ok, one, TAG } from './describe-operation.ts';

/** The operations of `/api/v1/work-efforts`. */
export function workEffortOperations(): readonly Operation[] {
  return [
    list('work-efforts', 'listWorkEfforts', 'List work efforts', 'WorkEffort', listWorkEfforts),
    {
      ...one('get', 'work-efforts', '/{id}', 'getWorkEffort', 'Get a work effort with its tickets'),
      answer: { ...ok(answerOf('WorkEffortWithTickets', getWorkEffort.response)), headers: TAG, conditional: true },
      errors: [404],
    },
  ];
}
