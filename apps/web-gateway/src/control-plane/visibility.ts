import { Injectable } from '@nestjs/common';
import { MAX_VISIBLE_ACCOUNTS } from '@purser/contracts';
import { DomainError, invalidField } from '@purser/errors';
import type { Caller } from '../authentication/caller.ts';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import type { Snapshot } from '../configuration/snapshot.ts';
import type { Fields } from './resource.controller.ts';

/**
 * Whose rows a caller sees, by the configuration in force: an admin all; a manager and a viewer those of their key's
 * account and of all below it; a member those of its account alone. What is changed elsewhere, such as an account that
 * moved, counts here as soon as this gateway has heard of it.
 */
@Injectable()
export class Visibility {
  constructor(private readonly configuration: ConfigurationStore) {}

  /** @throws DomainError `unavailable` before the configuration was read */
  get snapshot(): Snapshot {
    const snapshot = this.configuration.current;
    if (snapshot === undefined) throw new DomainError('unavailable', 'The configuration has not been read yet.');
    return snapshot;
  }

  /** Whether the caller sees the account, and so what belongs to it. Ids in any case. */
  sees(caller: Caller, accountId: string): boolean {
    const id = accountId.toLowerCase();
    if (caller.role === 'admin') return true;
    if (caller.role === 'member') return id === caller.accountId;
    return this.snapshot.accounts.isWithin(id, caller.accountId);
  }

  /**
   * The query of a list or report as its message takes it: narrowed to what the caller sees, by `visibleTo`. An account
   * that it doesn't see has no rows, as one that does not exist. `subtree=true` takes in the accounts below it.
   *
   * @param by the parameter that asks for the rows of one account, or (`parentId`) for the accounts below one
   * @throws DomainError `invalid_request` for who asks for more accounts than a message can name
   */
  narrowed(caller: Caller, { subtree, ...query }: Fields, by: 'accountId' | 'parentId' = 'accountId'): Fields {
    if (subtree === 'true') return this.#ofSubtree(caller, query);
    if (caller.role === 'admin') return query;
    const asked = query[by];
    const visibleTo =
      typeof asked === 'string' ? this.#amongVisible(caller, asked.toLowerCase(), by) : this.#allVisible(caller);
    if (visibleTo && visibleTo.length <= MAX_VISIBLE_ACCOUNTS) return { ...query, visibleTo };
    throw invalidField(
      by,
      `is required: this key sees more than ${MAX_VISIBLE_ACCOUNTS} accounts, ask for one of them`,
    );
  }

  /** The accounts at and below the one that is asked for take its place. */
  #ofSubtree(caller: Caller, { accountId, ...query }: Fields): Fields {
    if (typeof accountId !== 'string') throw invalidField('subtree', 'needs accountId: the account at the top');
    const visibleTo = this.#visibleBelow(caller, accountId.toLowerCase());
    if (visibleTo) return { ...query, visibleTo };
    throw invalidField(
      'accountId',
      `has more than ${MAX_VISIBLE_ACCOUNTS} accounts at and below it, ask for one of them`,
    );
  }

  #visibleBelow(caller: Caller, top: string): readonly string[] | undefined {
    if (!this.sees(caller, top)) return [];
    if (caller.role === 'member') return [top];
    const accounts = this.snapshot.accounts.subtreeOf(top, MAX_VISIBLE_ACCOUNTS);
    // Of an account that was deleted, an admin sees its own rows still.
    return accounts?.length === 0 ? [top] : accounts;
  }

  #allVisible({ role, accountId }: Caller): readonly string[] | undefined {
    return role === 'member' ? [accountId] : this.snapshot.accounts.subtreeOf(accountId, MAX_VISIBLE_ACCOUNTS);
  }

  #amongVisible(caller: Caller, id: string, by: 'accountId' | 'parentId'): readonly string[] {
    if (by === 'accountId') return this.sees(caller, id) ? [id] : [];
    const { accounts } = this.snapshot;
    if (caller.role !== 'member' && this.sees(caller, id)) return accounts.childrenOf(id);
    // Of an account that it doesn't see, a caller sees no child but the account that it belongs to.
    return accounts.parentOf(caller.accountId) === id ? [caller.accountId] : [];
  }
}
