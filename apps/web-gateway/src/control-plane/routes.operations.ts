import { routes } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/routes`. */
export function routeOperations(): readonly Operation[] {
  return resource('routes', 'Route', 'route', routes);
}
