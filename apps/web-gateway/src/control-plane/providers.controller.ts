import { Inject } from '@nestjs/common';
import { providerChanges, providerInput, providers } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { CachedConfiguration } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController, type Fields } from './resource.controller.ts';

@ControlPlane('providers')
@CachedConfiguration()
export class ProvidersController extends ResourceController {
  protected readonly resource = providers;

  constructor(
    client: MessageClient,
    @Inject(WEB_GATEWAY_CONFIG) config: WebGatewayConfig,
    private readonly box: SecretBox,
  ) {
    super(client, config);
  }

  protected override get creation() {
    return providerInput;
  }

  protected override get changes() {
    return providerChanges;
  }

  /** A provider's API key leaves the gateway sealed only; null, which removes it, stays null. */
  protected override toMessage({ apiKey, ...fields }: Fields, idempotencyKey?: string): Fields {
    if (apiKey === undefined) return fields;
    const seal = (key: string) => this.box.seal(key, 'provider.apiKey', idempotencyKey);
    return { ...fields, sealedApiKey: apiKey === null ? null : seal(apiKey as string) };
  }
}
