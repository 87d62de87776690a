import { domains } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/domains`. */
export function domainOperations(): readonly Operation[] {
  return resource('domains', 'Domain', 'domain', domains);
}
