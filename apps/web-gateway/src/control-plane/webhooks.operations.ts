import { receiveGithubWebhook } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, one } from './describe-operation.ts';

/** The operations of `/api/v1/webhooks`. */
export function webhookOperations(): readonly Operation[] {
  return [
    {
      ...one('post', 'webhooks', '/github', 'receiveGithubWebhook', 'Take in a webhook of GitHub for a source'),
      description: 'For GitHub alone: the body is what GitHub sends, signed with the webhook secret of a source.',
      open: true,
      headers: {
        'X-Hub-Signature-256': "sha256= and the HMAC-SHA-256 of the body's bytes in hexadecimal.",
        'X-GitHub-Event': 'The name of the event.',
        'X-GitHub-Delivery': 'The id of the delivery; a repeated one changes nothing.',
      },
      answer: {
        status: 202,
        description: 'It was taken in; the outcome says what came of it.',
        body: answerOf('WebhookOutcome', receiveGithubWebhook.response),
      },
      errors: [400, 401, 404, 413],
    },
  ];
}
