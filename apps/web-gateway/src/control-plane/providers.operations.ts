import { providerChanges, providerInput, providers } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/providers`: HTTP takes an API key in the clear, the message sealed only. */
export function providerOperations(): readonly Operation[] {
  return resource('providers', 'Provider', 'provider', providers, {
    creation: providerInput,
    changes: providerChanges,
  });
}
