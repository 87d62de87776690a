import { urlList } from '@purser/config';

/** The variables of a process that reaches other services over NATS. */
export const natsVariables = {
  NATS_URL: urlList({
    protocols: ['nats:', 'tls:'],
    description: 'The NATS servers with JetStream that the services talk over.',
  }),
};
