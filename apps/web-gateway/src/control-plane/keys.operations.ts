import { apiKeys } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/keys`. */
export function keyOperations(): readonly Operation[] {
  return resource('keys', 'Key', 'API key', apiKeys);
}
