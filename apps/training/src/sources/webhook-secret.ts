import { randomBytes } from 'node:crypto';
import { sourceSecrets } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import type { SecretBox } from '@purser/secrets';
import type { SourceInput } from './sources.repository.ts';

/**
 * The input with a webhook secret of its own, where it asks for one; `made` is the secret, to be shown this once.
 *
 * @throws DomainError `invalid_request` where it brings one as well
 */
export function withWebhookSecret(input: SourceInput, box: SecretBox): { input: SourceInput; made?: string } {
  if (input.kind !== 'github' || !input.generateWebhookSecret) return { input };
  if (input.sealedWebhookSecret !== undefined) {
    throw invalidField('generateWebhookSecret', 'must be left out where webhookSecret is given');
  }
  const made = randomBytes(32).toString('hex');
  return { input: { ...input, sealedWebhookSecret: box.seal(made, sourceSecrets.webhookSecret) }, made };
}
