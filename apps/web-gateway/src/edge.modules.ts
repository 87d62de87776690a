import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { SecretBox } from '@purser/secrets';
import { Authentication } from './authentication/authentication.ts';
import { ConfigurationController } from './configuration/configuration.controller.ts';
import { ConfigurationStore } from './configuration/configuration.store.ts';
import { ControlPlaneModule } from './control-plane/control-plane.module.ts';
import { DocsController } from './docs-page/docs.controller.ts';
import { EarlyHits } from './edge/early-hits.ts';
import { HttpErrorFilter } from './errors/http-error.filter.ts';
import { LimitsModule } from './limits/limits.module.ts';
import { KnownParameters } from './openapi/known-parameters.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from './web-gateway.config.ts';

/** What every feature stands on: the configuration of the process and that of Purser. */
@Module({})
class FoundationModule {
  static register(config: WebGatewayConfig): DynamicModule {
    return {
      module: FoundationModule,
      global: true,
      controllers: [ConfigurationController],
      providers: [
        { provide: WEB_GATEWAY_CONFIG, useValue: config },
        { provide: SecretBox, useFactory: () => new SecretBox(config.PURSER_MASTER_KEY) },
        ConfigurationStore,
      ],
      exports: [WEB_GATEWAY_CONFIG, SecretBox, ConfigurationStore],
    };
  }
}

/** Who may come in, and what comes out when something fails: for every route of the app. */
@Module({
  controllers: [OpenApiController, DocsController],
  providers: [Authentication, KnownParameters, EarlyHits, { provide: APP_FILTER, useClass: HttpErrorFilter }],
})
class HttpEdgeModule {}

/** The gateway but for its data plane; needs messages and `LiveReplicas`. */
export function edgeModules(config: WebGatewayConfig): NonNullable<ModuleMetadata['imports']> {
  return [FoundationModule.register(config), LimitsModule.register(), HttpEdgeModule, ControlPlaneModule];
}
