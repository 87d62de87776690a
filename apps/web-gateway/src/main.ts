import 'reflect-metadata';
import { configOfProcess } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { startWebGateway } from './start.ts';
import { webGatewayProcessConfig } from './web-gateway.config.ts';
import { WEB_GATEWAY_SERVICE } from './web-gateway.module.ts';

const config = configOfProcess(webGatewayProcessConfig);
await runProcess({
  name: WEB_GATEWAY_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: WEB_GATEWAY_SERVICE });
    return [await startWebGateway({ config, transport })];
  },
});
