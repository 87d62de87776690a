import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import type { FastifyRequest } from 'fastify';

/** Lets only keys with the role `admin` through. Stands behind the authentication hook. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
    if (caller.role === 'admin') return true;
    throw new DomainError('forbidden', `This needs a key with the role "admin"; this one is "${caller.role}".`, {
      role: caller.role,
    });
  }
}
