import { models } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/models`. */
export function modelOperations(): readonly Operation[] {
  return resource('models', 'Model', 'model', models);
}
