import { describe, expect, it } from '@jest/globals';
import type { AccountEntry } from '@purser/contracts';
import { anAccount } from '../testing/configuration-entries.ts';
import { AccountTree } from './account-tree.ts';

const treeOf = (...accounts: AccountEntry[]) => new AccountTree(new Map(accounts.map((each) => [each.id, each])));

describe('the tree of accounts', () => {
  const root = anAccount();
  const [left, right] = [anAccount({ parentId: root.id }), anAccount({ parentId: root.id, disabled: true })];
  const leaf = anAccount({ parentId: left.id });
  const other = anAccount();
  const tree = treeOf(leaf, other, right, left, root);

  it('knows who is within whom: oneself, and those below however deep, disabled ones too', () => {
    for (const { id } of [root, left, right, leaf]) expect(tree.isWithin(id, root.id)).toBe(true);
    expect(tree.isWithin(root.id, leaf.id)).toBe(false);
    expect(tree.isWithin(right.id, left.id)).toBe(false);
    expect(tree.isWithin(other.id, root.id)).toBe(false);
    for (const id of ['', 'nobody', '__proto__']) {
      expect(tree.isWithin(id, root.id)).toBe(false);
      expect(tree.isWithin(root.id, id)).toBe(false);
    }
  });

  it('lists a subtree from the top down, the same list each time', () => {
    const subtree = tree.subtreeOf(root.id, 10);
    expect(subtree?.[0]).toBe(root.id);
    expect([...(subtree ?? [])].sort()).toEqual([root, left, right, leaf].map(({ id }) => id).sort());
    expect(tree.subtreeOf(root.id, 10)).toBe(subtree);
    expect(tree.subtreeOf(leaf.id, 10)).toEqual([leaf.id]);
    expect(tree.subtreeOf('nobody', 10)).toEqual([]);
    expect(tree.childrenOf(left.id)).toEqual([leaf.id]);
    expect([tree.parentOf(leaf.id), tree.parentOf(root.id), tree.parentOf('nobody')]).toEqual([
      left.id,
      null,
      undefined,
    ]);
  });

  it('lists no subtree with more accounts than asked for', () => {
    expect(tree.subtreeOf(root.id, 4)).toHaveLength(4);
    expect(tree.subtreeOf(root.id, 3)).toBeUndefined();
    expect(tree.subtreeOf(root.id, 3)).toBeUndefined();
    expect(tree.subtreeOf(root.id, 4)).toHaveLength(4);
  });

  it('ends where accounts stand in a circle, which no write makes', () => {
    const [a, b] = [anAccount(), anAccount()];
    const circle = treeOf({ ...a, parentId: b.id }, { ...b, parentId: a.id });
    expect(circle.isWithin(a.id, root.id)).toBe(false);
    expect(circle.subtreeOf(a.id, 100)).toBeUndefined();
  });

  it('stays right for more subtrees than it remembers', () => {
    const many = Array.from({ length: 300 }, () => anAccount({ parentId: root.id }));
    const wide = treeOf(root, ...many);
    for (const { id } of [...many, ...many]) expect(wide.subtreeOf(id, 10)).toEqual([id]);
  });
});
