export { startWebGateway, type StartWebGatewayOptions } from './start.ts';
export { webGatewayConfig, type WebGatewayConfig } from './web-gateway.config.ts';
export { WEB_GATEWAY_SERVICE, WebGatewayModule, type WebGatewayModuleOptions } from './web-gateway.module.ts';
