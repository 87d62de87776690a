import type {} from 'fastify';
import type { CallerLimits, Role } from '@purser/contracts';
import type { RequestLimits } from '../limits/request-limits.ts';

/** Who makes a request: the API key that was authenticated, its account and its role. */
export interface Caller {
  readonly keyId: string;
  readonly accountId: string;
  readonly role: Role;
  /** When its key ends; null: never. */
  readonly expiresAt: string | null;
  /** Those of its key alone. */
  readonly keyLimits: CallerLimits | null;
  /** All that its requests are limited by. */
  readonly limits: RequestLimits;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook on every path but the public ones and those that do not exist. */
    caller: Caller;
    /** The configuration's version that its caller was found in; 0 on public paths. */
    configurationVersion: number;
  }
}
