import type { Role } from '@purser/contracts';
import type { Stack } from '../stack/stack.ts';
import { Api } from './api.ts';

/** Anything with an id. */
export interface Held {
  readonly id: string;
}

/** An account with what belongs to it. */
export interface Part {
  readonly account: Held;
  readonly accounts: readonly Held[];
  readonly keys: readonly Held[];
  readonly budgets: readonly Held[];
}

type PartName = 'organization' | 'team' | 'project' | 'foreign';

/** An organization with a team with a project, and a foreign organization; the callers' keys are the team's. */
export class Organization {
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly admin: Api;
  readonly managerKeyId: string;
  readonly #url: string;
  readonly #secrets: Readonly<Record<string, string>>;

  private constructor(
    stack: Stack,
    parts: Organization['parts'],
    keys: Readonly<Record<string, { id: string; key: string }>>,
  ) {
    this.#url = stack.gateways[0]!;
    this.parts = parts;
    this.admin = new Api(this.#url, stack.adminKey);
    this.managerKeyId = keys['manager']!.id;
    this.#secrets = Object.fromEntries(Object.entries(keys).map(([role, { key }]) => [role, key]));
  }

  /** Made through the last gateway, so that with several the first has to learn of it. */
  static async create(stack: Stack): Promise<Organization> {
    const admin = new Api(stack.gateways.at(-1)!, stack.adminKey);
    const organization = await makePart(admin, 'organization', null);
    const team = await makePart(admin, 'team', organization.account.id);
    const project = await makePart(admin, 'project', team.account.id);
    const foreign = await makePart(admin, 'foreign', null);
    const keys: Record<string, { id: string; key: string }> = {};
    for (const role of ['manager', 'member', 'viewer'] as const) {
      keys[role] = await admin.create('keys', { accountId: team.account.id, name: role, role });
    }
    const withCallers = { ...team, keys: [...team.keys, ...Object.values(keys)] };
    return new Organization(stack, { organization, team: withCallers, project, foreign }, keys);
  }

  get manager(): Api {
    return this.as('manager');
  }

  get member(): Api {
    return this.as('member');
  }

  get viewer(): Api {
    return this.as('viewer');
  }

  /** The API as the team's key with that role sees it, through the first gateway unless said otherwise. */
  as(role: Exclude<Role, 'admin'>, url = this.#url): Api {
    return new Api(url, this.#secrets[role]!);
  }

  /** All that is stored of it. */
  async state(): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const { account } of Object.values(this.parts)) {
      found.push(await this.admin.read(`accounts/${account.id}`));
      for (const path of ['accounts?parentId', 'keys?accountId', 'budgets?accountId']) {
        found.push((await this.admin.read(`${path}=${account.id}`)).data);
      }
    }
    return found;
  }
}

async function makePart(admin: Api, name: string, parentId: string | null): Promise<Part> {
  const account = await admin.create('accounts', { name, parentId });
  const accountId: string = account.id;
  const key = await admin.create('keys', { accountId, name });
  const budget = await admin.create('budgets', { accountId, limitUsd: '1', window: 'month' });
  return { account, accounts: [account], keys: [key], budgets: [budget] };
}
