import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';
import { Tenant } from '../tenant/tenant.ts';

/** A provider's API key goes to that provider and to nobody else. */
export function secrecy(stack: () => Stack): void {
  describe('the API key of a provider', () => {
    const secret = `sk-provider-${randomBytes(16).toString('hex')}`;
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { simulator: { apiKey: secret }, provider: { apiKey: secret } });
    });
    afterAll(() => tenant?.close());

    const complete = (gateway: number) =>
      tenant.client({ gateway, maxRetries: 0 }).chat.completions.create({
        ...{ model: tenant.model(), messages: [{ role: 'user', content: 'Open sesame' }], max_tokens: 8 },
      });

    it('opens the provider, through every gateway', async () => {
      for (const gateway of stack().gateways.keys()) expect((await complete(gateway)).usage).toBeDefined();
    });

    it('is in no answer and in no output', async () => {
      const path = `providers/${tenant.providerId}`;
      const changed = await tenant.admin.patch(`/api/v1/${path}`, { concurrency: 40 });
      expect(changed.body).toMatchObject({ hasApiKey: true, concurrency: 40 });
      const answers = [changed.text];
      for (const gateway of stack().gateways) {
        const admin = new Api(gateway, stack().adminKey);
        const paths = [path, 'providers?limit=100', 'models?limit=100', 'usage', 'ledger', 'leases?all=true'];
        for (const each of paths) answers.push((await admin.get(`/api/v1/${each}`)).text);
        for (const each of ['/metrics', '/openapi.json', '/health/ready', '/v1/models']) {
          answers.push((await admin.get(each)).text);
        }
      }
      expect(answers.every((text) => text.length > 0)).toBe(true);
      expect(answers.filter((text) => text.includes(secret))).toEqual([]);
      expect(stack().output().includes(secret)).toBe(false);
    });

    it('is not in the answer when the provider refuses it', async () => {
      const wrong = `${secret}-wrong`;
      await tenant.admin.patch(`/api/v1/providers/${tenant.providerId}`, { apiKey: wrong });
      const error = (await complete(0).catch((thrown: unknown) => thrown)) as { status: number; message: string };
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(error)).not.toContain(secret);
      expect(error.message).not.toContain(secret);
      await tenant.admin.patch(`/api/v1/providers/${tenant.providerId}`, { apiKey: secret });
      expect((await complete(0)).usage).toBeDefined();
    });
  });

  it('shows the secret of a key of its own once, and never again', async () => {
    const admin = new Api(stack().gateways[0]!, stack().adminKey);
    const account = await admin.create('accounts', { name: 'secret keys' });
    const { id, key, prefix } = await admin.create('keys', { accountId: account.id, name: 'shown once' });
    expect(key.length).toBeGreaterThan(40);
    expect(key.startsWith(prefix)).toBe(true);
    for (const path of [`keys/${id}`, `keys?accountId=${account.id}`]) {
      expect((await admin.get(`/api/v1/${path}`)).text).not.toContain(key);
    }
    expect(stack().output().includes(key)).toBe(false);
  });
}
