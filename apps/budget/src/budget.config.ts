import {
  boolean,
  defineConfig,
  loadConfig,
  secret,
  string,
  type ConfigFrom,
  type ConfigIssue,
  type ConfigOf,
} from '@purser/config';
import { checkDatabase, databaseVariables } from '@purser/database';
import { drainVariables, probeVariables } from '@purser/health';
import { natsVariables } from '@purser/messaging';
import { cacheVariables } from '@purser/service-caching';
import { messageVariables } from '@purser/service-traffic';
import { isLinkLocal } from '@purser/secrets';
import { ollamaBaseUrl } from './bootstrap/ollama-host.ts';

const variables = {
  ...probeVariables,
  PURSER_DATA_DIR: string({ default: './.purser', description: 'Folder for purser.pid and the first admin key.' }),
  ...databaseVariables('budget'),
  PURSER_MASTER_KEY: secret({
    minLength: 32,
    description:
      'Seals the API keys of providers at rest. The same for all processes, kept safe: without it they are lost.',
  }),
  PURSER_ADMIN_KEY: secret({
    optional: true,
    minLength: 32,
    pattern: /[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?/,
    allowed: 'a text of printable ASCII characters, not beginning or ending with a space,',
    description: 'Replaces the admin key at start. Unset: the first start makes one.',
  }),
  ALLOW_LINK_LOCAL_PROVIDERS: boolean({
    default: false,
    description: 'Lets providers have base URLs on link-local and cloud metadata addresses.',
  }),
  OPENAI_API_KEY: secret({ optional: true, description: 'Registers provider `openai` with this key at start.' }),
  ANTHROPIC_API_KEY: secret({
    optional: true,
    description: 'Registers provider `anthropic`, openai-compatible, with this key at start.',
  }),
  GEMINI_API_KEY: secret({
    optional: true,
    description: 'Registers provider `gemini`, openai-compatible, with this key at start.',
  }),
  OLLAMA_HOST: string({
    optional: true,
    maxLength: 400,
    description: 'Registers provider `ollama`, openai-compatible, at this host, host:port or URL at start.',
  }),
  ...cacheVariables,
  ...messageVariables,
  ...drainVariables,
};

function check(config: ConfigOf<typeof variables>): ConfigIssue<'DATABASE_POOL_MIN' | 'OLLAMA_HOST'>[] {
  return [...checkDatabase(config), ...checkOllama(config)];
}

/** Judges OLLAMA_HOST as a provider's base URL is judged. */
function checkOllama(config: ConfigOf<typeof variables>): ConfigIssue<'OLLAMA_HOST'>[] {
  const { OLLAMA_HOST, ALLOW_LINK_LOCAL_PROVIDERS } = config;
  if (OLLAMA_HOST === undefined) return [];
  const baseUrl = ollamaBaseUrl(OLLAMA_HOST);
  if (baseUrl === undefined) return [{ name: 'OLLAMA_HOST', allowed: 'a host, host:port or an http(s) URL' }];
  if (ALLOW_LINK_LOCAL_PROVIDERS || !isLinkLocal(baseUrl)) return [];
  return [{ name: 'OLLAMA_HOST', allowed: 'no link-local or metadata address, unless ALLOW_LINK_LOCAL_PROVIDERS' }];
}

/** The variables of the budget service, wherever it runs. */
export const budgetConfig = defineConfig(variables, { title: 'budget', check });

/** The values of {@link budgetConfig}. */
export type BudgetConfig = ConfigFrom<typeof budgetConfig>;

/** The variables of the budget service as a process of its own. */
export const budgetProcessConfig = defineConfig(
  {
    ...variables,
    ...natsVariables,
  },
  { title: 'budget', check },
);

/** The database to migrate, from the environment: that needs no secret. @throws ConfigError */
export function databaseUrlFromEnvironment(): string {
  const { DATABASE_URL } = variables;
  return loadConfig(defineConfig({ DATABASE_URL }, { title: 'budget' }), process.env).DATABASE_URL;
}

/** Injects the {@link BudgetConfig}. */
export const BUDGET_CONFIG = Symbol('BUDGET_CONFIG');
