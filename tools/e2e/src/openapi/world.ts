import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitUntil, type TemporaryFolder } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';
import { Tenant } from '../tenant/tenant.ts';

/** What recipes make their calls of: a tenant with a budget that has spent, and a folder of work. */
export class World {
  readonly admin: Api;
  /** Without a key. */
  readonly anybody: Api;
  readonly tenant: Tenant;
  readonly #folder: TemporaryFolder;
  #folders = 0;
  #spent: Promise<void> | undefined;

  private constructor(stack: Stack, tenant: Tenant, folder: TemporaryFolder) {
    this.admin = new Api(stack.gateways[0]!, stack.adminKey);
    this.anybody = new Api(stack.gateways[0]!, '');
    this.tenant = tenant;
    this.#folder = folder;
  }

  static async create(stack: Stack): Promise<World> {
    const tenant = await Tenant.create(stack, { limitUsd: '1' });
    try {
      const folder = await temporaryFolder();
      await chmod(folder.path, 0o755);
      return new World(stack, tenant, folder);
    } catch (error) {
      await tenant.close();
      throw error;
    }
  }

  /** A name that nothing has. */
  name(): string {
    return `openapi-${randomBytes(5).toString('hex')}`;
  }

  /** Has the tenant spend, once, until the usage can be read and the money has moved: that takes seconds. */
  spend(): Promise<void> {
    this.#spent ??= this.#spendOnce();
    return this.#spent;
  }

  async #spendOnce(): Promise<void> {
    const requestId = this.name();
    await this.tenant.client().chat.completions.create(
      {
        ...{ model: this.tenant.model(), messages: [{ role: 'user', content: 'Spend' }], max_tokens: 8 },
      },
      { headers: { 'x-request-id': requestId } },
    );
    await this.tenant.settledWindow();
    await waitUntil(async () => (await this.tenant.usage({ requestId })).length === 1, {
      ...{ timeoutMs: 10_000, everyMs: 50, what: 'the usage can be read' },
    });
  }

  /** A folder of its own with one work effort of two tickets. */
  async workFolder(): Promise<string> {
    const path = join(this.#folder.path, `work-${(this.#folders += 1)}`);
    const effort = join(path, 'WE-261101-cd34_hold_the_edge');
    await mkdir(join(effort, 'tickets'), { recursive: true });
    await writeFile(
      join(effort, 'WE-261101-cd34_index.md'),
      '---\nid: WE-261101-cd34\ntitle: Hold the edge\nstatus: in_progress\ntags: [edge]\n---\n\n# Objective\n\nAs described.\n',
    );
    for (const [number, status] of ['completed', 'pending'].entries()) {
      const id = `TKT-cd34-00${number + 1}`;
      const text = `---\nid: ${id}\nparent: WE-261101-cd34\ntitle: Step\nstatus: ${status}\n---\n`;
      await writeFile(join(effort, 'tickets', `${id}_step.md`), text);
    }
    return path;
  }

  /** A source of such a folder, read. */
  async source(): Promise<{ readonly id: string }> {
    const created = await this.admin.create('sources', { kind: 'directory', path: await this.workFolder() });
    const synced = await this.admin.post(`/api/v1/sources/${created.id}/sync`, undefined);
    if (synced.status !== 200) throw new Error(`the sync was answered ${synced.status}: ${synced.text}`);
    return created;
  }

  async close(): Promise<void> {
    try {
      await this.tenant.close();
    } finally {
      await this.#folder.remove();
    }
  }
}
