import { z } from 'zod';
import { defineRequest } from '../define.ts';

/** The largest body of a webhook that is taken; in base64 it fits one message. */
export const MAX_WEBHOOK_BYTES = 700 * 1_024;

const header = z.string().max(300).optional();

/** A webhook as it came in; who sent it is not known before its signature was checked. */
export const receiveGithubWebhook = defineRequest('training.webhooks.github', {
  request: z.object({
    /** The bytes of the body in base64: what was signed is these, not what they mean. */
    body: z.string().max(Math.ceil(MAX_WEBHOOK_BYTES / 3) * 4),
    headers: z.object({
      'x-github-event': header,
      'x-github-delivery': header,
      'x-hub-signature-256': header,
      'content-type': header,
    }),
  }),
  response: z.object({
    event: z.string(),
    action: z.string().nullable(),
    /**
     * `applied`: what it says is stored; `syncing`: the source is read because of it; `stale`: what is stored is as new or
     * newer; `repeated`: it was received before; `pong`: the webhook works; `ignored`: it says nothing about work.
     */
    outcome: z.enum(['applied', 'syncing', 'stale', 'repeated', 'pong', 'ignored']),
  }),
  deadlineMs: 8_000,
});
