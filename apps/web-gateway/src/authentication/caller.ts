import type {} from 'fastify';
import type { Role } from '@purser/contracts';

/** Who makes a request: the API key that was authenticated, its account and its role. */
export interface Caller {
  readonly keyId: string;
  readonly accountId: string;
  readonly role: Role;
  /** When its key ends; null: never. */
  readonly expiresAt: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook on every path but the public ones and those that do not exist. */
    caller: Caller;
    /** The configuration's version that its caller was found in; 0 on public paths. */
    configurationVersion: number;
  }
}
