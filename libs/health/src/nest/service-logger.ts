import { ConsoleLogger } from '@nestjs/common';

/** Nest's own account of its start: dozens of lines for each service, none of which helps an operator. */
const bootContexts = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'NestMicroservice',
]);

/** What goes wrong, and what the services themselves have to say, without the lines of Nest's start. */
export class ServiceLogger extends ConsoleLogger {
  constructor() {
    super({ prefix: 'Purser', logLevels: ['log', 'warn', 'error', 'fatal'] });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context !== 'string' || !bootContexts.has(context)) super.log(message, ...rest);
  }
}
