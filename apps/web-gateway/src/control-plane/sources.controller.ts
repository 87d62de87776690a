import { HttpCode, Inject, Param, Post } from '@nestjs/common';
import { sourceChanges, sourceInput, sources, sourceSecrets, syncSource } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { CachedSources } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController, type Fields, type Stored } from './resource.controller.ts';

@ControlPlane('sources')
@CachedSources()
export class SourcesController extends ResourceController {
  protected readonly resource = sources;

  constructor(
    client: MessageClient,
    @Inject(WEB_GATEWAY_CONFIG) config: WebGatewayConfig,
    private readonly box: SecretBox,
  ) {
    super(client, config);
  }

  protected override get creation() {
    return sourceInput;
  }

  protected override get changes() {
    return sourceChanges;
  }

  /** What the last sync found, and when the next is. */
  protected override volatileOf(source: Stored & Fields): unknown {
    const { status, problems, workEfforts, syncedAt, nextSyncAt } = source;
    return { status, problems, workEfforts, syncedAt, nextSyncAt };
  }

  /** The secrets of a source leave the gateway sealed only; null, which removes one, stays null. */
  protected override toMessage({ token, webhookSecret, ...fields }: Fields, idempotencyKey?: string): Fields {
    const seal = (secret: unknown, purpose: string) =>
      secret === null ? null : this.box.seal(secret as string, purpose, idempotencyKey);
    return {
      ...fields,
      ...(token === undefined ? {} : { sealedToken: seal(token, sourceSecrets.token) }),
      ...(webhookSecret === undefined ? {} : { sealedWebhookSecret: seal(webhookSecret, sourceSecrets.webhookSecret) }),
    };
  }

  @Post(':id/sync')
  @HttpCode(200)
  sync(@Param('id') id: string) {
    return this.client.request(syncSource, { id });
  }
}
