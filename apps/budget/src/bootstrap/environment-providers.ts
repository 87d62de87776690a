import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '@purser/secrets';
import { BUDGET_CONFIG, type BudgetConfig } from '../budget.config.ts';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import type { ProviderEntity } from '../providers/provider.entity.ts';
import { ProvidersRepository } from '../providers/providers.repository.ts';
import { ProvidersService } from '../providers/providers.service.ts';
import { ollamaBaseUrl } from './ollama-host.ts';

/** What the providers' API keys are sealed for. */
const PURPOSE = 'provider.apiKey';

type Variables = Pick<BudgetConfig, 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY' | 'GEMINI_API_KEY' | 'OLLAMA_HOST'>;

interface Wanted extends Pick<ProviderEntity, 'name' | 'kind' | 'baseUrl'> {
  readonly variable: keyof Variables;
  readonly apiKey: string | null;
}

/** The vendors that a key is enough for. Anthropic and Google serve OpenAI's chat completions at these addresses. */
const HOSTED = [
  { variable: 'OPENAI_API_KEY', name: 'openai', kind: 'openai', baseUrl: 'https://api.openai.com/v1' },
  {
    variable: 'ANTHROPIC_API_KEY',
    name: 'anthropic',
    kind: 'openai-compatible',
    baseUrl: 'https://api.anthropic.com/v1',
  },
  {
    variable: 'GEMINI_API_KEY',
    name: 'gemini',
    kind: 'openai-compatible',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  },
] as const;

/** Registers the providers that the environment's usual variables name. */
@Injectable()
export class EnvironmentProviders {
  readonly #repository: ProvidersRepository;
  readonly #providers: ProvidersService;
  readonly #box: SecretBox;
  readonly #variables: Variables;

  constructor(
    repository: ProvidersRepository,
    providers: ProvidersService,
    box: SecretBox,
    @Inject(BUDGET_CONFIG) variables: Variables,
  ) {
    this.#repository = repository;
    this.#providers = providers;
    this.#box = box;
    this.#variables = variables;
  }

  /**
   * Adds those that are missing, without models, and brings the ones it added up to date. A provider of the same name that
   * somebody else made stays as it is: the variable's key is not for wherever that one leads.
   *
   * @returns what an operator should know, a line each
   */
  async register(draft: ConfigurationDraft): Promise<string[]> {
    const notes: string[] = [];
    for (const wanted of this.#wanted()) {
      const known = await this.#repository.rows.findBy({ name: wanted.name });
      if (!known) await this.#add(draft, wanted);
      else if (known.fromEnvironment) await this.#update(draft, known, wanted);
      else notes.push(`${wanted.variable} is not used: a provider "${wanted.name}" was set up otherwise.`);
    }
    return notes;
  }

  #wanted(): Wanted[] {
    const wanted: Wanted[] = HOSTED.flatMap((provider) => {
      const apiKey = this.#variables[provider.variable];
      return apiKey === undefined ? [] : [{ ...provider, apiKey }];
    });
    const { OLLAMA_HOST } = this.#variables;
    const baseUrl = OLLAMA_HOST === undefined ? undefined : ollamaBaseUrl(OLLAMA_HOST);
    if (baseUrl !== undefined) {
      wanted.push({ variable: 'OLLAMA_HOST', name: 'ollama', kind: 'openai-compatible', baseUrl, apiKey: null });
    }
    return wanted;
  }

  async #add(draft: ConfigurationDraft, { name, kind, baseUrl, apiKey }: Wanted): Promise<void> {
    const sealedApiKey = apiKey === null ? null : this.#box.seal(apiKey, PURPOSE);
    const defaults = {
      concurrency: 50,
      limits: null,
      cancelledStreams: 'drain',
      simulated: false,
      disabled: false,
    } as const;
    await this.#providers.add(draft, { name, kind, baseUrl, sealedApiKey, ...defaults, fromEnvironment: true });
  }

  async #update(draft: ConfigurationDraft, known: ProviderEntity, wanted: Wanted): Promise<void> {
    const apiKey = known.sealedApiKey === null ? null : this.#box.open(known.sealedApiKey, PURPOSE);
    if (apiKey === wanted.apiKey && known.baseUrl === wanted.baseUrl) return;
    const sealedApiKey = wanted.apiKey === null ? null : this.#box.seal(wanted.apiKey, PURPOSE);
    await this.#providers.change(draft, known, { baseUrl: wanted.baseUrl, sealedApiKey });
  }
}
