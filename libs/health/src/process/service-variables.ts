import { integer, milliseconds, string } from '@purser/config';

/** Where a service that is reached by messages serves its probes and metrics. */
export const probeVariables = {
  PORT: integer({
    default: 0,
    min: 0,
    max: 65_535,
    description: 'Port of the probes and metrics; 0 takes a free one.',
  }),
  HOST: string({ default: '127.0.0.1', maxLength: 255, description: 'Address that the port is opened on.' }),
};

/** How a service stops. */
export const drainVariables = {
  DRAIN_DELAY_MS: milliseconds({
    default: 0,
    max: 60_000,
    description: 'Between falling out of readiness and taking no new work, at a stop.',
  }),
  DRAIN_TIMEOUT_MS: milliseconds({
    default: 30_000,
    min: 100,
    max: 600_000,
    description: 'How long a stop waits for work in flight.',
  }),
};
