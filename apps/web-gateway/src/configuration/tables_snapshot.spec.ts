import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { hashApiKey, SecretBox } from '@purser/secrets';
import type { ConfigurationEntry } from '@purser/contracts';
import { unlimited } from '../limits/request-limits.ts';
import { aBudget, aKey, aModel, anAccount, aProvider, aRoute, entries } from '../testing/configuration-entries.ts';
import { TablesSnapshot } from './tables-snapshot.ts';
import { noTables, TablesDraft } from './tables.ts';
import { Targets } from './targets.ts';

const box = new SecretBox('m'.repeat(40));
const targets = new Targets(box);

function snapshotOf(changes: readonly ConfigurationEntry[], previous?: TablesSnapshot): TablesSnapshot {
  const draft = new TablesDraft(previous?.tables ?? noTables);
  draft.apply(changes);
  return new TablesSnapshot((previous?.version ?? 0) + 1, draft.finish(), targets, previous);
}

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('who may call', () => {
  const root = anAccount();
  const team = anAccount({ parentId: root.id });
  const callerOf = (snapshot: TablesSnapshot, secret: string) => snapshot.callerOf(hashApiKey(secret));
  const withKey = (fields = {}, accounts = [root, team]) =>
    snapshotOf([...entries('account', accounts), ...entries('key', [aKey(team.id, 'secret', fields)])]);

  it('is the key that has the hash, with its account and role', () => {
    const key = aKey(team.id, 'secret', { role: 'manager' });
    const snapshot = snapshotOf([...entries('account', [root, team]), ...entries('key', [key])]);
    expect(callerOf(snapshot, 'secret')).toEqual({
      keyId: key.id,
      accountId: team.id,
      role: 'manager',
      expiresAt: null,
      keyLimits: null,
      limits: unlimited,
    });
    expect(callerOf(snapshot, 'other')).toBeUndefined();
  });

  it.each([
    ['is disabled', withKey({ disabled: true })],
    ['has expired', withKey({ expiresAt: '2020-01-01T00:00:00Z' })],
    ['belongs to a disabled account', withKey({}, [root, { ...team, disabled: true }])],
    ['has a disabled account above it', withKey({}, [{ ...root, disabled: true }, team])],
    ['has an account above it that is not known', withKey({}, [team])],
    ['has accounts in a circle above it', withKey({}, [{ ...root, parentId: team.id }, team])],
  ])('is nobody where the key %s', (_, snapshot) => {
    expect(callerOf(snapshot, 'secret')).toBeUndefined();
  });

  it('ends at the instant of expiry, also for a key that was used before', () => {
    jest.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
    const snapshot = withKey({ expiresAt: '2026-01-01T00:00:01Z' });
    expect(callerOf(snapshot, 'secret')).toBeDefined();
    jest.setSystemTime(Date.parse('2026-01-01T00:00:01Z'));
    expect(callerOf(snapshot, 'secret')).toBeUndefined();
  });

  it('changes with the key and with any account above it, in the next snapshot only', () => {
    const before = withKey();
    const disabled = snapshotOf(entries('account', [{ ...root, disabled: true }]), before);
    expect(callerOf(before, 'secret')).toBeDefined();
    expect(callerOf(disabled, 'secret')).toBeUndefined();
    const [key] = before.tables.key.values();
    const gone = snapshotOf([{ kind: 'key', id: key!.id, version: 2, value: null }], before);
    expect(callerOf(gone, 'secret')).toBeUndefined();
  });
});

describe('what a caller is limited by', () => {
  const root = anAccount({ limits: { requestsPerMinute: 600, concurrency: 9 } });
  const team = anAccount({ parentId: root.id });
  const user = anAccount({ parentId: team.id, limits: { tokensPerMinute: 5_000 } });
  const key = aKey(user.id, 'secret', { limits: { requestsPerMinute: 60, tokensPerMinute: 1_000, concurrency: 2 } });
  const accounts = entries('account', [root, team, user]);
  const limitsOf = (snapshot: TablesSnapshot) => snapshot.callerOf(hashApiKey('secret'))!.limits;
  const minute = (name: string, amount: number) => ({
    ...{ kind: 'rate', name, capacity: amount, amount, perMs: 60_000 },
    unit: name.endsWith('-tokens') ? 'tokens' : 'requests',
  });

  it('are the limits of its key, its account and all accounts above', () => {
    expect(limitsOf(snapshotOf([...accounts, ...entries('key', [key])]))).toEqual({
      requests: [
        { limit: minute('key-requests', 60), subject: key.id },
        { limit: minute('account-requests', 600), subject: root.id },
      ],
      tokens: [
        { limit: minute('key-tokens', 1_000), subject: key.id },
        { limit: minute('account-tokens', 5_000), subject: user.id },
      ],
      slots: [
        { limit: { kind: 'slots', name: 'key-concurrency', slots: 2, leaseMs: 30_000 }, subject: key.id },
        { limit: { kind: 'slots', name: 'account-concurrency', slots: 9, leaseMs: 30_000 }, subject: root.id },
      ],
    });
  });

  it('are made once for each snapshot, frozen, and follow changes of its key and of accounts above', () => {
    const before = snapshotOf([...accounts, ...entries('key', [key])]);
    const limits = limitsOf(before);
    expect(limitsOf(before)).toBe(limits);
    for (const each of [limits, limits.requests, ...limits.requests]) expect(Object.isFrozen(each)).toBe(true);
    const lowered = snapshotOf(entries('account', [{ ...root, limits: { requestsPerMinute: 1 } }]), before);
    expect(limitsOf(lowered).requests.map(({ limit }) => limit.amount)).toEqual([60, 1]);
    expect(limitsOf(lowered).slots).toHaveLength(1);
    const lifted = snapshotOf(entries('key', [{ ...key, limits: null }]), lowered);
    expect(limitsOf(lifted).requests.map(({ limit }) => limit.amount)).toEqual([1]);
  });

  it('is the one object that says nothing, where neither its key nor an account has limits', () => {
    const free = entries('account', [{ ...root, limits: null }, team, { ...user, limits: null }]);
    expect(limitsOf(snapshotOf([...free, ...entries('key', [{ ...key, limits: null }])]))).toBe(unlimited);
  });
});

describe('where a name leads', () => {
  const acme = aProvider({ sealedApiKey: box.seal('sk-acme', 'provider.apiKey') });
  const other = aProvider({ name: 'other' });
  const small = aModel(acme.id);
  const vendored = aModel(other.id, { name: 'vendor/large', maxOutputTokens: 10 });
  const base = [...entries('provider', [acme, other]), ...entries('model', [small, vendored])];

  it("is one provider's model for provider/model, with the first slash", () => {
    const resolution = snapshotOf(base).resolve('other/vendor/large');
    expect(resolution).toMatchObject({ route: 'other/vendor/large', defaultMaxTokens: null });
    expect(resolution?.targets).toHaveLength(1);
    expect(resolution?.targets[0]).toMatchObject({
      provider: { name: 'other', apiKey: null },
      model: { name: 'vendor/large' },
    });
  });

  it("is a route's targets in their order, with prices as bigint and keys opened", () => {
    const route = aRoute('chat', [vendored.id, small.id], { defaultMaxTokens: 99 });
    const resolution = snapshotOf([...base, ...entries('route', [route])]).resolve('chat');
    expect(resolution?.defaultMaxTokens).toBe(99);
    expect(resolution?.targets.map(({ model }) => model.id)).toEqual([vendored.id, small.id]);
    expect(resolution?.targets[1]).toMatchObject({
      provider: { id: acme.id, apiKey: 'sk-acme' },
      model: {
        price: { version: 'price-1', inputNanosPerMillion: 1_000_000_000n, outputNanosPerMillion: 2_000_000_000n },
      },
    });
  });

  it('says how long answers are kept, where the route does', () => {
    const route = aRoute('chat', [small.id], { cache: { ttlSeconds: 60 } });
    const snapshot = snapshotOf([...base, ...entries('route', [route])]);
    expect(snapshot.resolve('chat')).toMatchObject({ cacheTtlSeconds: 60 });
    expect(snapshot.resolve('acme/small')).toMatchObject({ cacheTtlSeconds: null });
  });

  it('has another revision for every state of the route and its targets, also one that was there before', () => {
    const route = aRoute('chat', [vendored.id, small.id]);
    let snapshot = snapshotOf([...base, ...entries('route', [route])]);
    const revisions = [snapshot.resolve('chat')!.revision];
    const changes = [
      entries('route', [{ ...route, cache: { ttlSeconds: 1 } }], 2),
      entries('route', [route], 3),
      entries('model', [{ ...small, disabled: true }], 4),
      entries('model', [small], 5),
      entries('provider', [{ ...other, baseUrl: 'http://127.0.0.1:1/v1' }], 6),
      entries('provider', [other], 7),
    ];
    for (const change of changes) revisions.push((snapshot = snapshotOf(change, snapshot)).resolve('chat')!.revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    const unconcerned = snapshotOf(entries('model', [aModel(acme.id, { name: 'large' })], 8), snapshot);
    expect(unconcerned.resolve('chat')!.revision).toBe(revisions.at(-1));
    const direct = snapshot.resolve('acme/small')!.revision;
    expect(snapshotOf(entries('model', [small], 9), snapshot).resolve('acme/small')!.revision).not.toBe(direct);
  });

  it('is nowhere for a name that is not there or is disabled', () => {
    const route = aRoute('chat', [small.id], { disabled: true });
    const disabled = [
      ...entries('provider', [{ ...other, disabled: true }]),
      ...entries('model', [{ ...small, disabled: true }]),
    ];
    const snapshot = snapshotOf([...base, ...disabled, ...entries('route', [route])]);
    for (const name of [
      'chat',
      'acme/small',
      'other/vendor/large',
      'none',
      'acme/',
      '/',
      '',
      '__proto__',
      'constructor',
    ]) {
      expect(snapshot.resolve(name)).toBeUndefined();
    }
  });

  it('leaves out targets that are disabled or gone, and the route stays a known name', () => {
    const route = aRoute('chat', [vendored.id, small.id, other.id]);
    const before = snapshotOf([...base, ...entries('route', [route])]);
    const modelIds = (snapshot: TablesSnapshot) => snapshot.resolve('chat')?.targets.map(({ model }) => model.id);
    expect(modelIds(before)).toEqual([vendored.id, small.id]);
    const without = snapshotOf(entries('provider', [{ ...other, disabled: true }]), before);
    expect(modelIds(without)).toEqual([small.id]);
    const empty = snapshotOf([{ kind: 'model', id: small.id, version: 3, value: null }], without);
    expect(modelIds(empty)).toEqual([]);
    expect(empty.listModels()).toEqual([]);
  });

  it('leaves out a provider whose key was sealed under another master key, says so once, and goes on', () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const foreign = aProvider({
      name: 'foreign',
      sealedApiKey: new SecretBox('x'.repeat(40)).seal('k', 'provider.apiKey'),
    });
    const model = aModel(foreign.id);
    const snapshot = snapshotOf([...base, ...entries('provider', [foreign]), ...entries('model', [model])]);
    expect(snapshot.resolve('foreign/small')?.targets).toEqual([]);
    expect(snapshot.resolve('acme/small')?.targets).toHaveLength(1);
    snapshotOf(entries('route', [aRoute('chat', [model.id])]), snapshot);
    expect(error).toHaveBeenCalledTimes(1);
    expect(error.mock.calls[0]).toEqual([expect.stringMatching(/"foreign" can't be called.*PURSER_MASTER_KEY/)]);
  });

  it('keeps one object per provider and version of it, so that pools can be keyed by it', () => {
    const before = snapshotOf(base);
    const providerOf = (snapshot: TablesSnapshot) => snapshot.resolve('acme/small')?.targets[0]?.provider;
    const after = snapshotOf(entries('route', [aRoute('chat', [small.id])]), before);
    expect(providerOf(after)).toBe(providerOf(before));
    const changed = snapshotOf(entries('provider', [{ ...acme, concurrency: 1 }]), after);
    expect(providerOf(changed)).not.toBe(providerOf(before));
  });

  it('lists routes first, each group by name', () => {
    const names = [aRoute('b', [small.id]), aRoute('a', [small.id])];
    expect(snapshotOf([...base, ...entries('route', names)]).listModels()).toEqual([
      { id: 'a', created: 1_769_860_800, ownedBy: 'purser' },
      { id: 'b', created: 1_769_860_800, ownedBy: 'purser' },
      { id: 'acme/small', created: 1_769_860_800, ownedBy: 'acme' },
      { id: 'other/vendor/large', created: 1_769_860_800, ownedBy: 'other' },
    ]);
  });
});

describe('the budgets of a request', () => {
  const root = anAccount();
  const team = anAccount({ parentId: root.id });
  const user = anAccount({ parentId: team.id });
  const stranger = anAccount();
  const acme = aProvider();
  const small = aModel(acme.id);
  const large = aModel(acme.id, { name: 'large' });
  const ofRoot = aBudget(root.id, { hard: false });
  const ofTeam = aBudget(team.id, { filter: { providerId: acme.id } });
  const ofUser = aBudget(user.id, { filter: { providerId: acme.id, modelId: small.id } });
  const elsewhere = [
    aBudget(stranger.id),
    aBudget(user.id, { disabled: true }),
    aBudget(user.id, { filter: { providerId: aProvider().id } }),
  ];
  const snapshot = snapshotOf([
    ...entries('account', [root, team, user, stranger]),
    ...entries('budget', [ofRoot, ofTeam, ofUser, ...elsewhere]),
  ]);

  it('are those of its account and all accounts above that match the target, hard ones first', () => {
    expect(snapshot.budgetsFor(user.id, acme.id, small.id)).toEqual([
      { id: ofUser.id, hard: true },
      { id: ofTeam.id, hard: true },
      { id: ofRoot.id, hard: false },
    ]);
    expect(snapshot.budgetsFor(user.id, acme.id, large.id).map(({ id }) => id)).toEqual([ofTeam.id, ofRoot.id]);
    expect(snapshot.budgetsFor(root.id, acme.id, small.id).map(({ id }) => id)).toEqual([ofRoot.id]);
  });

  it('are the same array each time, and follow changes', () => {
    const first = snapshot.budgetsFor(user.id, acme.id, small.id);
    expect(snapshot.budgetsFor(user.id, acme.id, small.id)).toBe(first);
    const changed = snapshotOf(entries('budget', [{ ...ofUser, disabled: true }]), snapshot);
    expect(changed.budgetsFor(user.id, acme.id, small.id)).toHaveLength(2);
    const moved = snapshotOf(entries('account', [{ ...user, parentId: stranger.id }]), snapshot);
    expect(moved.budgetsFor(user.id, acme.id, small.id).map(({ id }) => id)).toEqual([ofUser.id, elsewhere[0]!.id]);
  });

  it('are never none for want of knowledge: an unknown account throws', () => {
    expect(() => snapshot.budgetsFor(aProvider().id, acme.id, small.id)).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });
});
