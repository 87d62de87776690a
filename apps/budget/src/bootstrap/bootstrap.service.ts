import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AccountsRepository } from '../accounts/accounts.repository.ts';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import { InitialAdmin } from './initial-admin.ts';
import { EnvironmentProviders } from './environment-providers.ts';

/** What a start did, for whoever started it to tell. */
export interface BootstrapReport {
  /** Whether the database was new. */
  readonly firstStart: boolean;
  /** The admin key that this start made, and where it is kept; null where there was one, or PURSER_ADMIN_KEY is set. */
  readonly adminKey: { readonly key: string; readonly file: string } | null;
  /** What an operator should know of the environment's providers, a line each. */
  readonly notes: readonly string[];
}

/**
 * Brings a new database to where Purser can be used, and each start in line with its environment: the account `default`,
 * the admin key, the providers of OPENAI_API_KEY and its like. All of it in one write, so replicas that start at once
 * follow each other, and a start that dies half way has done nothing.
 */
@Injectable()
export class BootstrapService implements OnApplicationBootstrap {
  readonly #accounts: AccountsRepository;
  readonly #admin: InitialAdmin;
  readonly #providers: EnvironmentProviders;
  readonly #writer: ConfigurationWriter;
  #report: BootstrapReport | undefined;

  constructor(
    accounts: AccountsRepository,
    admin: InitialAdmin,
    providers: EnvironmentProviders,
    writer: ConfigurationWriter,
  ) {
    this.#accounts = accounts;
    this.#admin = admin;
    this.#providers = providers;
    this.#writer = writer;
  }

  /** What this start did. @throws Error before the app is initialised */
  get report(): BootstrapReport {
    if (!this.#report) throw new Error('The bootstrap has not run yet: initialise the app first.');
    return this.#report;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#report = await this.#writer.write((draft) => this.#run(draft));
  }

  async #run(draft: ConfigurationDraft): Promise<BootstrapReport> {
    const firstStart = !(await this.#accounts.everHadOne());
    const adminKey = await this.#admin.ensure(draft, firstStart);
    const notes = await this.#providers.register(draft);
    return { firstStart, adminKey, notes };
  }
}
