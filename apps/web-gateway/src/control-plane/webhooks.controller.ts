import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { MAX_WEBHOOK_BYTES, receiveGithubWebhook } from '@purser/contracts';
import { DomainError, invalidField } from '@purser/errors';
import { MessageClient } from '@purser/messaging';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Where GitHub's webhooks come in. Open: its HMAC is checked instead of a key, by the training service. */
export const GITHUB_WEBHOOK_PATH = '/api/v1/webhooks/github';

/** Webhooks that are passed on at a time: whoever may be behind them gets no more of this process. */
const MAX_AT_ONCE = 16;
const PASSED_ON = ['x-github-event', 'x-github-delivery', 'x-hub-signature-256', 'content-type'] as const;

/** Has bodies of webhooks refused that no message can carry; to be called before the routes are made. */
export function boundWebhookBodies(fastify: FastifyInstance, maxBodyBytes: number): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url === GITHUB_WEBHOOK_PATH) route.bodyLimit = Math.min(maxBodyBytes, MAX_WEBHOOK_BYTES);
  });
}

@Controller(GITHUB_WEBHOOK_PATH.slice(1))
export class WebhooksController {
  readonly #client: MessageClient;
  #underWay = 0;

  constructor(client: MessageClient) {
    this.#client = client;
  }

  /** Hands the bytes on as they came: they are what was signed. */
  @Post()
  @HttpCode(202)
  async receive(@Req() { body, headers, query }: FastifyRequest) {
    const [unknown] = Object.keys(query as object);
    if (unknown !== undefined) throw invalidField(unknown, 'is not a parameter that is known here');
    if (this.#underWay >= MAX_AT_ONCE) {
      // Not the sender's doing: anybody may have taken the places, and behind a proxy all have one address.
      throw new DomainError('unavailable', `${MAX_AT_ONCE} webhooks are being taken in already; deliver it again.`);
    }
    this.#underWay += 1;
    try {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const passed = PASSED_ON.map((name) => [name, headers[name]]).filter(([, value]) => typeof value === 'string');
      const payload = { body: bytes.toString('base64'), headers: Object.fromEntries(passed) as Record<string, string> };
      return await this.#client.request(receiveGithubWebhook, payload);
    } finally {
      this.#underWay -= 1;
    }
  }
}
