import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import type { Stack } from '../stack/stack.ts';
import { Tenant } from '../tenant/tenant.ts';

const say = (content: string) => [{ role: 'user' as const, content }];

/** Limits of keys and accounts, as the official `openai` client meets them. */
export function limits(stack: () => Stack): void {
  describe('limits', () => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { limitUsd: '1.00' });
    });
    afterAll(() => tenant?.close());

    /** A client with a key of its own that has these limits. */
    const limited = async (of: object, maxRetries = 0): Promise<OpenAI> => {
      const { key } = await tenant.admin.create('keys', { accountId: tenant.accountId, name: 'limited', limits: of });
      return tenant.client({ key, maxRetries });
    };
    const ask = (client: OpenAI, content = 'Hello [[tokens:5]]') =>
      client.chat.completions.create({ model: tenant.model(), messages: say(content), max_tokens: 20 }).then(
        () => undefined,
        (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
      );

    it('on requests refuse with what the client takes for a rate limit, and cost no budget anything', async () => {
      const client = await limited({ requestsPerMinute: 4 });
      const refused: NonNullable<Awaited<ReturnType<typeof ask>>>[] = [];
      for (let requests = 0; requests < 7; requests++) refused.push(...[await ask(client)].filter((each) => !!each));
      expect(refused.length).toBeGreaterThanOrEqual(2);
      for (const error of refused) {
        expect(error).toBeInstanceOf(OpenAI.RateLimitError);
        expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
        expect(Number(error.headers!.get('retry-after'))).toBeGreaterThanOrEqual(1);
      }
      await tenant.usageAddingUpTo(tenant.billed());
      expect(tenant.simulator.ledger().entries).toHaveLength(7 - refused.length);
    });

    it('on tokens refuse a prompt that never fits at once, and the client does not try again', async () => {
      const client = await limited({ tokensPerMinute: 1 }, 5);
      const error = await ask(client, 'long '.repeat(1_000));
      expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'tokens' });
      expect(error!.headers!.get('retry-after')).toBeNull();
    });

    it('on concurrency have requests wait, and let all of them through', async () => {
      const client = await limited({ concurrency: 1 });
      expect(await Promise.all([ask(client), ask(client), ask(client)])).toEqual([undefined, undefined, undefined]);
    });
  });
}
