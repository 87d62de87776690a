import { integer } from '@purser/config';

/** The variables of a service that answers messages. */
export const messageVariables = {
  MESSAGES_PER_SECOND: integer({
    default: 20_000,
    min: 0,
    max: 1_000_000,
    description: 'Requests that each other service may make of this process in a second; 0: any number.',
  }),
};

/** The values of {@link messageVariables}. */
export interface MessageConfig {
  readonly MESSAGES_PER_SECOND: number;
}
