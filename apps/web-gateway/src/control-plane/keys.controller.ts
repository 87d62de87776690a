import { apiKeys, type ApiKey, type CallerLimits } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { Caller } from '../authentication/caller.ts';
import { CachedConfiguration } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { OwnedResourceController } from './owned-resource.controller.ts';
import type { Fields, Stored } from './resource.controller.ts';

/**
 * A manager makes, changes and removes the keys of its subtree but for those of admins; its own it may rename. None lasts
 * longer, or has a higher limit, by its doing than the key that it was given itself.
 */
@ControlPlane('keys')
@CachedConfiguration()
export class KeysController extends OwnedResourceController {
  protected readonly resource = apiKeys;
  protected readonly noun = 'key';

  protected accountOf({ accountId }: Stored & Pick<ApiKey, 'accountId'>): string {
    return accountId;
  }

  protected managerMayCreate(manager: Caller, { accountId, role, expiresAt = null, limits = null }: Fields): void {
    requireNoAdmin(role);
    requireNoLongerLife(manager, expiresAt);
    requireNoHigherLimits(manager, limits as CallerLimits | null);
    this.requireVisible(manager, 'accountId', accountId as string);
  }

  protected managerMayWrite({ keyId }: Caller, key: Stored & Pick<ApiKey, 'role'>, verb: 'update' | 'remove'): void {
    if (key.role === 'admin') throw new DomainError('forbidden', "A manager can't change a key with the role admin.");
    if (verb === 'remove' && key.id === keyId) {
      throw new DomainError('forbidden', "A key can't remove itself: make another one, and remove this one with it.");
    }
  }

  protected managerMayChange(manager: Caller, { id }: Stored, changes: Fields): void {
    requireNoAdmin(changes['role']);
    if (id === manager.keyId) requireOwnAccess(changes);
    if (changes['expiresAt'] !== undefined) requireNoLongerLife(manager, changes['expiresAt']);
    if (changes['limits'] !== undefined) requireNoHigherLimits(manager, changes['limits'] as CallerLimits | null);
  }
}

function requireNoAdmin(role: unknown): void {
  if (role !== 'admin') return;
  throw new DomainError('forbidden', 'role: a manager can give manager, member and viewer.', { field: 'role' });
}

/** A key that outlives the one that gave it would make that one's end mean nothing. */
function requireNoLongerLife({ expiresAt: own }: Caller, expiresAt: unknown): void {
  if (own === null || (typeof expiresAt === 'string' && Date.parse(expiresAt) <= Date.parse(own))) return;
  const message = `expiresAt: must be ${own} or earlier, when the key that gives it expires itself.`;
  throw new DomainError('forbidden', message, { field: 'expiresAt' });
}

/** As with a key that outlives the one that gave it: limits that each new key were free of would bound nobody. */
function requireNoHigherLimits({ keyLimits }: Caller, limits: CallerLimits | null): void {
  for (const [name, own] of Object.entries(keyLimits ?? {})) {
    const given = limits?.[name as keyof CallerLimits];
    if (own === undefined || (given !== undefined && given <= own)) continue;
    const field = `limits.${name}`;
    throw new DomainError('forbidden', `${field}: must be ${own} or less, as that of the key that gives it.`, {
      field,
    });
  }
}

/** A key neither ends its own access nor makes it last longer, or reach further, than whoever gave it meant. */
function requireOwnAccess(changes: Fields): void {
  for (const field of ['role', 'expiresAt', 'disabled', 'limits']) {
    if (changes[field] === undefined) continue;
    throw new DomainError('forbidden', `${field}: a manager can't change it for its own key.`, { field });
  }
}
