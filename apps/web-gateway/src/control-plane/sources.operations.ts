import { sourceChanges, sourceInput, sources, syncSource } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, ok, one, resource } from './describe-operation.ts';

/** The operations of `/api/v1/sources`. */
export function sourceOperations(): readonly Operation[] {
  return [
    ...resource('sources', 'Source', 'source', sources, { creation: sourceInput, changes: sourceChanges }),
    {
      ...one('post', 'sources', '/{id}/sync', 'syncSource', 'Read a source now; answers when that is done'),
      answer: ok(answerOf('Source', syncSource.response)),
      errors: [404, 504],
    },
  ];
}
