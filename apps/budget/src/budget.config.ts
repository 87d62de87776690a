import { boolean, defineConfig, integer, milliseconds, secret, string, url, type ConfigFrom } from '@purser/config';
import { ollamaBaseUrl } from './bootstrap/ollama-host.ts';
import { isLinkLocal } from './providers/link-local.ts';

/** The variables of the budget service. */
export const budgetConfig = defineConfig(
  {
    PORT: integer({
      default: 0,
      min: 0,
      max: 65_535,
      description: 'Port of the probes and metrics; 0 takes a free one.',
    }),
    HOST: string({ default: '127.0.0.1', maxLength: 255, description: 'Address that the port is opened on.' }),
    PURSER_DATA_DIR: string({ default: './.purser', description: 'Folder for purser.pid and the first admin key.' }),
    DATABASE_URL: url({
      protocols: ['postgresql:', 'postgres:'],
      description: 'The PostgreSQL (15 or later) that holds the schema `budget`.',
    }),
    DATABASE_POOL_MAX: integer({ default: 10, min: 2, max: 1_000, description: 'Connections to it at most.' }),
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
    ANTHROPIC_API_KEY: secret({ optional: true, description: 'Noted at start: Anthropic is not supported yet.' }),
    GEMINI_API_KEY: secret({ optional: true, description: 'Noted at start: Gemini is not supported yet.' }),
    OLLAMA_HOST: string({
      optional: true,
      maxLength: 400,
      description: 'Registers provider `ollama`, openai-compatible, at this host, host:port or URL at start.',
    }),
    DRAIN_DELAY_MS: milliseconds({
      default: 0,
      max: 60_000,
      description: 'Between falling out of readiness and taking no new work, at a stop.',
    }),
    DRAIN_TIMEOUT_MS: milliseconds({
      default: 30_000,
      min: 100,
      max: 600_000,
      description: 'How long a stop waits for work in flight.',
    }),
  },
  {
    title: 'budget',
    check: ({ OLLAMA_HOST, ALLOW_LINK_LOCAL_PROVIDERS }) => {
      if (OLLAMA_HOST === undefined) return [];
      const baseUrl = ollamaBaseUrl(OLLAMA_HOST);
      if (baseUrl === undefined) return [{ name: 'OLLAMA_HOST', allowed: 'a host, host:port or an http(s) URL' }];
      if (ALLOW_LINK_LOCAL_PROVIDERS || !isLinkLocal(baseUrl)) return [];
      return [{ name: 'OLLAMA_HOST', allowed: 'no link-local or metadata address, unless ALLOW_LINK_LOCAL_PROVIDERS' }];
    },
  },
);

/** The values of {@link budgetConfig}. */
export type BudgetConfig = ConfigFrom<typeof budgetConfig>;

/** Injects the {@link BudgetConfig}. */
export const BUDGET_CONFIG = Symbol('BUDGET_CONFIG');
