import { Logger } from '@nestjs/common';
import type { ModelEntry, ProviderEntry } from '@purser/contracts';
import type { SecretBox } from '@purser/secrets';
import type { Target, TargetModel, TargetProvider } from './snapshot.ts';
import type { Versioned } from './tables.ts';

const logger = new Logger('Configuration');

/**
 * Entries in the form that the data plane uses: keys opened, prices as bigint. Each entry is turned once, however many
 * snapshots hold it: opening a key costs more than a look-up may, and pools are keyed by the object.
 */
export class Targets {
  readonly #providers = new WeakMap<ProviderEntry, TargetProvider | null>();
  readonly #models = new WeakMap<ModelEntry, TargetModel>();

  constructor(private readonly box: SecretBox) {}

  /** Undefined where the provider's stored key can't be opened; that is logged when the entry is first seen. */
  target(provider: Versioned<ProviderEntry>, model: Versioned<ModelEntry>): Target | undefined {
    const opened = this.#provider(provider);
    return opened === null ? undefined : Object.freeze({ provider: opened, model: this.#model(model) });
  }

  #provider(entry: Versioned<ProviderEntry>): TargetProvider | null {
    let opened = this.#providers.get(entry);
    if (opened === undefined) this.#providers.set(entry, (opened = this.#open(entry)));
    return opened;
  }

  #open({ sealedApiKey, disabled: _disabled, ...rest }: Versioned<ProviderEntry>): TargetProvider | null {
    try {
      const apiKey = sealedApiKey === null ? null : this.box.open(sealedApiKey, 'provider.apiKey');
      return Object.freeze({ ...rest, apiKey });
    } catch (error) {
      // The others must go on working, and keys must go on being revoked.
      logger.error(
        `Provider "${rest.name}" can't be called: ${error instanceof Error ? error.message : String(error)}`,
      );
      return null;
    }
  }

  #model(entry: Versioned<ModelEntry>): TargetModel {
    const found = this.#models.get(entry);
    if (found !== undefined) return found;
    const { price, disabled: _disabled, ...rest } = entry;
    const model: TargetModel = Object.freeze({
      ...rest,
      price: Object.freeze({
        version: price.version,
        inputNanosPerMillion: BigInt(price.inputNanosPerMillion),
        outputNanosPerMillion: BigInt(price.outputNanosPerMillion),
        cachedInputNanosPerMillion: BigInt(price.cachedInputNanosPerMillion),
      }),
    });
    this.#models.set(entry, model);
    return model;
  }
}
