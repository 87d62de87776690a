import { startService, type RunningService } from '@purser/health';
import { messagingStrategy } from '@purser/messaging';
import { createHttpAdapter } from './http-adapter.ts';
import { WEB_GATEWAY_SERVICE, WebGatewayModule, type WebGatewayModuleOptions } from './web-gateway.module.ts';

export interface StartWebGatewayOptions extends WebGatewayModuleOptions {
  /** Instead of the configuration's. */
  readonly host?: string;
  /** Instead of the configuration's. */
  readonly port?: number;
}

/**
 * Starts the web gateway on a transport of its own. It answers probes at once, and is ready (`readiness.whenReady`) when the
 * budget service was reached. Rejects when it can't start; what was opened is closed then.
 */
export async function startWebGateway(options: StartWebGatewayOptions): Promise<RunningService> {
  const { config, transport, host, port } = options;
  return startService({
    name: WEB_GATEWAY_SERVICE,
    module: WebGatewayModule.register({ config, transport }),
    host: host ?? config.HOST,
    port: port ?? config.PORT,
    adapter: createHttpAdapter(config),
    strategy: messagingStrategy(transport),
    drainDelayMs: config.DRAIN_DELAY_MS,
    drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
  });
}
