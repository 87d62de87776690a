import { beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_VISIBLE_ACCOUNTS, type AccountEntry } from '@purser/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../authentication/caller.ts';
import type { ConfigurationStore } from '../configuration/configuration.store.ts';
import { AccountTree } from '../configuration/account-tree.ts';
import { aCaller, anAccount } from '../testing/configuration-entries.ts';
import { Visibility } from './visibility.ts';

/** By the configuration with these accounts. */
function visibilityOf(accounts: readonly AccountEntry[]): Visibility {
  const tree = new AccountTree(new Map(accounts.map((each) => [each.id, each])));
  return new Visibility({ current: { accounts: tree } } as unknown as ConfigurationStore);
}

describe('who sees more accounts than a message can name', () => {
  const top = anAccount();
  const foreign = anAccount();
  const caller = (role: Caller['role']) => aCaller({ accountId: top.id, role });
  const tooMany = `is required: this key sees more than ${MAX_VISIBLE_ACCOUNTS} accounts, ask for one of them`;
  let below: AccountEntry[];
  let leaf: AccountEntry;
  let visibility: Visibility;
  beforeAll(() => {
    below = Array.from({ length: MAX_VISIBLE_ACCOUNTS }, () => anAccount({ parentId: top.id }));
    leaf = anAccount({ parentId: below[0]!.id });
    visibility = visibilityOf([top, foreign, ...below, leaf]);
  });

  it.each(['manager', 'viewer'] as const)('is told to ask for one: %s', (role) => {
    expect(() => visibility.narrowed(caller(role), {})).toThrow(`accountId: ${tooMany}`);
    expect(() => visibility.narrowed(caller(role), {}, 'parentId')).toThrow(`parentId: ${tooMany}`);
  });

  it('is answered for one, and for one that it does not see as for none', () => {
    const manager = caller('manager');
    const asked = (accountId: string) => visibility.narrowed(manager, { accountId, limit: 5 });
    expect(asked(leaf.id)).toEqual({ accountId: leaf.id, limit: 5, visibleTo: [leaf.id] });
    expect(asked(foreign.id)).toEqual({ accountId: foreign.id, limit: 5, visibleTo: [] });
    const children = visibility.narrowed(manager, { parentId: below[0]!.id }, 'parentId');
    expect(children).toEqual({ parentId: below[0]!.id, visibleTo: [leaf.id] });
  });

  it('is not answered for all of a subtree either, nor is an admin', () => {
    const asked = { accountId: top.id, subtree: 'true', limit: 5 };
    const tooLarge = `accountId: has more than ${MAX_VISIBLE_ACCOUNTS} accounts at and below it, ask for one of them`;
    for (const role of ['admin', 'manager', 'viewer'] as const) {
      expect(() => visibility.narrowed(caller(role), asked)).toThrow(tooLarge);
      const smaller = visibility.narrowed(caller(role), { ...asked, accountId: below[0]!.id });
      expect(smaller).toEqual({ limit: 5, visibleTo: [below[0]!.id, leaf.id] });
    }
    expect(visibility.narrowed(caller('member'), asked)).toEqual({ limit: 5, visibleTo: [top.id] });
  });

  it('is no admin and no member', () => {
    expect(visibility.narrowed(caller('admin'), { page: 1 })).toEqual({ page: 1 });
    expect(visibility.narrowed(caller('member'), {})).toEqual({ visibleTo: [top.id] });
  });

  it('is no one with as many as a message can name', () => {
    const justEnough = visibilityOf([top, foreign, ...below.slice(1)]);
    expect(justEnough.narrowed(caller('viewer'), {})).toMatchObject({ visibleTo: expect.any(Array) });
  });
});

describe('before the configuration was read', () => {
  it('nobody is told what it may see', () => {
    const visibility = new Visibility({ current: undefined } as unknown as ConfigurationStore);
    const manager = aCaller({ role: 'manager' });
    expect(() => visibility.sees(manager, uuidv7())).toThrow('has not been read yet');
    expect(() => visibility.narrowed(manager, {})).toThrow('has not been read yet');
  });
});
