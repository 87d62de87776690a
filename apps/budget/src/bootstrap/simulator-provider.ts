import { Injectable } from '@nestjs/common';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import { ModelsService } from '../models/models.service.ts';
import { ProvidersRepository } from '../providers/providers.repository.ts';
import { ProvidersService } from '../providers/providers.service.ts';

const NAME = 'simulator';
const LIMITS = { maxOutputTokens: 16_384, contextTokens: 128_000, reasoningUncapped: false, toolPromptTokens: 1_024 };
const MODELS = [
  { name: 'sim-small', inputUsdPerMillion: '0.15', outputUsdPerMillion: '0.60', cachedInputUsdPerMillion: '0.075' },
  { name: 'sim-large', inputUsdPerMillion: '2.50', outputUsdPerMillion: '10.00', cachedInputUsdPerMillion: '1.25' },
];

/** The provider simulator as a provider, for an installation that has no other to try Purser with. */
@Injectable()
export class SimulatorProvider {
  readonly #repository: ProvidersRepository;
  readonly #providers: ProvidersService;
  readonly #models: ModelsService;
  readonly #writer: ConfigurationWriter;

  constructor(
    repository: ProvidersRepository,
    providers: ProvidersService,
    models: ModelsService,
    writer: ConfigurationWriter,
  ) {
    this.#repository = repository;
    this.#providers = providers;
    this.#models = models;
    this.#writer = writer;
  }

  /** Whether the simulator should run: it is a provider already, or there never was any. To be asked after the bootstrap. */
  async wanted(): Promise<boolean> {
    return (await this.#registered()) !== null || !(await this.#repository.everHadOne());
  }

  /** Sets the simulator's base URL, which is another one at each start; registers it with its models where it is missing. */
  register(baseUrl: string): Promise<void> {
    return this.#writer.write(async (draft) => {
      const known = await this.#registered();
      if (!known) await this.#add(draft, baseUrl);
      else if (known.baseUrl !== baseUrl) await this.#providers.change(draft, known, { baseUrl });
    });
  }

  #registered() {
    return this.#repository.rows.findBy({ name: NAME, simulated: true });
  }

  async #add(draft: ConfigurationDraft, baseUrl: string): Promise<void> {
    const provider = await this.#providers.add(draft, {
      ...{ name: NAME, kind: 'openai-compatible', baseUrl, sealedApiKey: null, simulated: true },
      ...{ concurrency: 50, limits: null, cancelledStreams: 'drain', disabled: false, fromEnvironment: false },
    });
    for (const model of MODELS) {
      await this.#models.add(draft, { ...model, ...LIMITS, providerId: provider.id, disabled: false });
    }
  }
}
