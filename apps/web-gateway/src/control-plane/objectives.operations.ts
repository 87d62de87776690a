import { objectives } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/objectives`. */
export function objectiveOperations(): readonly Operation[] {
  return resource('objectives', 'Objective', 'objective', objectives);
}
