import 'reflect-metadata';
import { ConfigError, loadConfig, printConfigIfAsked } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { startWebGateway } from './start.ts';
import { webGatewayProcessConfig } from './web-gateway.config.ts';
import { WEB_GATEWAY_SERVICE } from './web-gateway.module.ts';

function configOrExit() {
  try {
    const write = (text: string) => process.stdout.write(text);
    if (printConfigIfAsked(process.argv, [webGatewayProcessConfig], process.env, write)) process.exit(0);
    return loadConfig(webGatewayProcessConfig, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = configOrExit();
await runProcess({
  name: WEB_GATEWAY_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: WEB_GATEWAY_SERVICE });
    return [await startWebGateway({ config, transport })];
  },
});
