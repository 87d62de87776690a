import {
  accounts,
  apiKeys,
  budgets,
  listLeases,
  listLedger,
  type CallerLimits,
  type ResourceContract,
  type Role,
} from '@purser/contracts';
import { DomainError, notFound } from '@purser/errors';
import { v7 as uuidv7 } from 'uuid';
import { aKey, anAccount, entries } from './configuration-entries.ts';
import { startTestEdge, type TestEdge } from './start-test-edge.ts';

/** Where an account stands, as seen from that of the callers. */
export type Place = 'own' | 'below' | 'above' | 'foreign' | 'unknown';

type Row = Record<string, unknown> & { id: string; version: number };

const at = '2026-01-31T12:00:00.000Z';
const window = {
  ...{ startsAt: at, endsAt: null, limitUsd: '1', settledUsd: '0', heldUsd: '0', overrunUsd: '0', remainingUsd: '1' },
};
const page = {
  data: [],
  pagination: { page: 1, limit: 50, total: 0, pages: 0, hasNext: false, hasPrev: false },
};
const log = { data: [], pagination: { limit: 50, nextCursor: null } };

interface AccountWorldOptions {
  readonly adminKeyBelow?: boolean;
  readonly managerExpiresAt?: string;
  readonly managerLimits?: CallerLimits;
}

/**
 * An organization (`above`) with a team (`own`) with a project (`below`), and a `foreign` organization; one key and one
 * budget for each. The callers' keys belong to the team; their secrets are `team-<role>`. The services are the fake
 * client, which answers for what there is.
 */
export class AccountWorld {
  /** The rows of each resource, by id. */
  readonly rows = { accounts: new Map<string, Row>(), keys: new Map<string, Row>(), budgets: new Map<string, Row>() };

  private constructor(
    readonly edge: TestEdge,
    readonly accountIds: Readonly<Record<Place, string>>,
    /** The callers' own keys. */
    readonly keyIds: Readonly<Record<Role, string>>,
    private readonly members: ReadonlyMap<string, string>,
  ) {
    for (const [place, accountId] of Object.entries(accountIds)) {
      if (place !== 'unknown') this.#populate(accountId);
    }
    for (const [role, id] of Object.entries(keyIds)) this.rows.keys.set(id, keyRow(id, accountIds.own, role));
    this.serve();
  }

  /**
   * @param options adminKeyBelow: the account below has a key of the role `admin`; managerExpiresAt: when the manager's
   *   key ends; managerLimits: what limits that key
   */
  static async start(options: AccountWorldOptions = {}): Promise<AccountWorld> {
    const above = anAccount();
    const own = anAccount({ parentId: above.id });
    const below = anAccount({ parentId: own.id });
    const foreign = anAccount();
    const accountIds = {
      ...{ above: above.id, own: own.id, below: below.id },
      ...{ foreign: foreign.id, unknown: uuidv7() },
    };
    const roles: readonly Role[] = ['admin', 'manager', 'member', 'viewer'];
    const { managerExpiresAt: expiresAt = null, managerLimits: limits = null } = options;
    const callers = roles.map((role) =>
      aKey(own.id, `team-${role}`, { role, ...(role === 'manager' && { expiresAt, limits }) }),
    );
    const members = [above, own, below, foreign].map(({ id }) => aKey(id, `member of ${id}`));
    const more = options.adminKeyBelow ? [aKey(below.id, 'admin below', { role: 'admin', disabled: true })] : [];
    const keys = [...callers, ...members, ...more];
    const edge = await startTestEdge({
      entries: [...entries('account', [above, own, below, foreign]), ...entries('key', keys)],
    });
    const keyIds = Object.fromEntries(callers.map(({ role, id }) => [role, id])) as Record<Role, string>;
    return new AccountWorld(edge, accountIds, keyIds, new Map(members.map(({ accountId, id }) => [accountId, id])));
  }

  /** The id of a resource of the account at that place. */
  idOf(resource: 'accounts' | 'keys' | 'budgets', place: Place): string {
    const accountId = this.accountIds[place];
    if (resource === 'accounts' || place === 'unknown') return accountId;
    if (resource === 'keys') return this.members.get(accountId) as string;
    return [...this.rows.budgets.values()].find((row) => row['accountId'] === accountId)!.id;
  }

  /** Has the services answer for what there is, from now on. */
  serve(): void {
    this.#serve(accounts, 'account', this.rows.accounts);
    this.#serve(apiKeys, 'key', this.rows.keys);
    this.#serve(budgets, 'budget', this.rows.budgets);
    this.edge.client.answer(listLedger, () => log).answer(listLeases, () => log);
  }

  #populate(accountId: string): void {
    const base = { version: 3, createdAt: at, updatedAt: at, disabled: false };
    this.rows.accounts.set(accountId, {
      ...{ ...base, id: accountId, name: 'a', kind: 'account', parentId: null, path: [accountId] },
      ...{ overBudget: 'refuse', limits: null },
    });
    const keyId = this.members.get(accountId) as string;
    this.rows.keys.set(keyId, keyRow(keyId, accountId, 'member'));
    const id = uuidv7();
    this.rows.budgets.set(id, {
      ...{ ...base, id, accountId, limitUsd: '1', window: 'total', timeZone: 'UTC', hard: true, filter: {} },
      current: window,
    });
  }

  #serve(contract: ResourceContract, noun: string, rows: Map<string, Row>): void {
    const find = (message: unknown): Row => {
      const { id, ifMatch } = message as { id: string; ifMatch?: number };
      const row = rows.get(id.toLowerCase());
      if (!row) throw notFound(noun, id);
      if (ifMatch === undefined || ifMatch === row.version) return row;
      throw new DomainError('precondition_failed', `This ${noun} has another version.`, { id, version: row.version });
    };
    const anyRow = () => ({ ...[...rows.values()][0], id: uuidv7(), key: 'pk_secret' });
    this.edge.client
      .answer(contract.get, find)
      .answer(contract.update, find)
      .answer(contract.remove, (message) => void find(message))
      .answer(contract.create, anyRow)
      .answer(contract.list, () => page);
  }
}

function keyRow(id: string, accountId: string, role: string): Row {
  return {
    ...{ id, version: 3, createdAt: at, updatedAt: at, accountId, name: 'k', role, prefix: 'pk_x', disabled: false },
    ...{ expiresAt: null, limits: null },
  };
}
