import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import { describeApiKey, newApiKey } from '@purser/secrets';
import { AccountsRepository } from '../accounts/accounts.repository.ts';
import { AccountsService } from '../accounts/accounts.service.ts';
import { BUDGET_CONFIG, type BudgetConfig } from '../budget.config.ts';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import type { KeyEntity } from '../keys/key.entity.ts';
import { KeysRepository } from '../keys/keys.repository.ts';
import { KeysService } from '../keys/keys.service.ts';

const ACCOUNT_NAME = 'default';
const FILE_NAME = 'admin-key';

/** The account `default` and the admin key that belongs to it. */
@Injectable()
export class InitialAdmin {
  readonly #accounts: AccountsRepository;
  readonly #accountsService: AccountsService;
  readonly #keys: KeysRepository;
  readonly #keysService: KeysService;
  readonly #config: Pick<BudgetConfig, 'PURSER_ADMIN_KEY' | 'PURSER_DATA_DIR'>;

  constructor(
    accounts: AccountsRepository,
    accountsService: AccountsService,
    keys: KeysRepository,
    keysService: KeysService,
    @Inject(BUDGET_CONFIG) config: Pick<BudgetConfig, 'PURSER_ADMIN_KEY' | 'PURSER_DATA_DIR'>,
  ) {
    this.#accounts = accounts;
    this.#accountsService = accountsService;
    this.#keys = keys;
    this.#keysService = keysService;
    this.#config = config;
  }

  /**
   * PURSER_ADMIN_KEY is the admin key's secret from now on; without it, the first start makes one and keeps it in the
   * data folder.
   *
   * @returns the key that was made; null where none was
   * @throws DomainError `conflict` where PURSER_ADMIN_KEY is the secret of another key
   */
  async ensure(draft: ConfigurationDraft, firstStart: boolean): Promise<{ key: string; file: string } | null> {
    const secret = this.#config.PURSER_ADMIN_KEY;
    if (secret !== undefined) {
      await this.#replace(draft, secret);
      return null;
    }
    if (!firstStart) return null;
    const { key, sha256, prefix } = newApiKey();
    await this.#add(draft, { sha256, prefix });
    // Before the commit: a key that is in force but that nobody ever saw would lock everybody out for good.
    return { key, file: await writeSecret(this.#config.PURSER_DATA_DIR, key) };
  }

  async #replace(draft: ConfigurationDraft, secret: string): Promise<void> {
    const { sha256, prefix } = describeApiKey(secret);
    const known = await this.#keys.rows.findBy({ initialAdmin: true });
    const owner = await this.#keys.rows.findBy({ sha256 });
    if (owner && owner.id !== known?.id) {
      throw new DomainError(
        'conflict',
        `PURSER_ADMIN_KEY is the secret of the key "${owner.name}" already; choose another.`,
      );
    }
    if (!known) return this.#add(draft, { sha256, prefix });
    if (known.sha256 === sha256 && known.role === 'admin' && !known.disabled && known.expiresAt === null) return;
    await this.#keysService.change(draft, known, { sha256, prefix, role: 'admin', disabled: false, expiresAt: null });
  }

  async #add(draft: ConfigurationDraft, secret: Pick<KeyEntity, 'sha256' | 'prefix'>): Promise<void> {
    const account = (await this.#accounts.rows.findBy({ name: ACCOUNT_NAME })) ?? (await this.#addAccount(draft));
    await this.#keysService.add(draft, {
      ...secret,
      ...{ accountId: account.id, name: 'admin', role: 'admin', expiresAt: null, limits: null },
      ...{ disabled: false, initialAdmin: true },
    });
  }

  #addAccount(draft: ConfigurationDraft): Promise<{ id: string }> {
    const fields = { kind: 'account', parentId: null, overBudget: 'refuse', limits: null, disabled: false } as const;
    return this.#accountsService.add(draft, { name: ACCOUNT_NAME, ...fields });
  }
}

/** Written beside and renamed, so that the file is whole or absent, and never readable by others. */
async function writeSecret(folder: string, secret: string): Promise<string> {
  const file = resolve(join(folder, FILE_NAME));
  const temporary = `${file}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${secret}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return file;
}
