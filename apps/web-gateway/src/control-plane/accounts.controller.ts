import { accounts } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { Caller } from '../authentication/caller.ts';
import { CachedConfiguration } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { OwnedResourceController } from './owned-resource.controller.ts';
import type { Fields, Stored } from './resource.controller.ts';

/** A manager makes, changes and removes the accounts below its own; of its own it changes but name and kind: never its limits. */
@ControlPlane('accounts')
@CachedConfiguration()
export class AccountsController extends OwnedResourceController {
  protected readonly resource = accounts;
  protected readonly noun = 'account';

  protected accountOf({ id }: Stored): string {
    return id;
  }

  protected override narrowed(caller: Caller, query: Fields): Fields {
    return this.visibility.narrowed(caller, query, 'parentId');
  }

  protected managerMayCreate(manager: Caller, { parentId }: Fields): void {
    this.#requireParentWithin(manager, parentId ?? null);
  }

  protected managerMayWrite({ accountId }: Caller, { id }: Stored, verb: 'update' | 'remove'): void {
    if (verb !== 'remove' || id !== accountId) return;
    throw new DomainError('forbidden', "A manager can't remove the account that its own key belongs to.");
  }

  protected managerMayChange(manager: Caller, { id }: Stored, changes: Fields): void {
    const { parentId, disabled } = changes;
    if (id === manager.accountId) requireOwnPlace(changes);
    else if (parentId !== undefined) this.#requireParentWithin(manager, parentId);
    // An admin's key is beyond a manager, and it would work no more, or again.
    if (disabled === undefined || !this.visibility.snapshot.hasAdminKeyWithin(id)) return;
    throw new DomainError(
      'forbidden',
      "disabled: a manager can't set it where a key with the role admin stands below.",
      {
        field: 'disabled',
      },
    );
  }

  #requireParentWithin(manager: Caller, parentId: unknown): void {
    if (typeof parentId === 'string') return this.requireVisible(manager, 'parentId', parentId);
    throw new DomainError('forbidden', 'parentId: a manager has to name its own account or one below it.', {
      field: 'parentId',
    });
  }
}

/** Moved, it would leave the budgets and limits above it; disabled, it would end the key that could enable it again. */
function requireOwnPlace(changes: Fields): void {
  for (const field of ['parentId', 'disabled', 'limits']) {
    if (changes[field] === undefined) continue;
    throw new DomainError('forbidden', `${field}: a manager can't change it for the account of its own key.`, {
      field,
    });
  }
}
