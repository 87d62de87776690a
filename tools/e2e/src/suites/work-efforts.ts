import { expect, it } from '@jest/globals';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';

/** A folder of work efforts as a source. */
export function workEfforts(stack: () => Stack): void {
  it('takes a folder of work efforts as a source, and lists what is in it', async () => {
    const admin = new Api(stack().gateways[0]!, stack().adminKey);
    const folder = await temporaryFolder();
    try {
      const effort = join(folder.path, 'WE-261101-ab12_count_every_cent');
      await mkdir(join(effort, 'tickets'), { recursive: true });
      await chmod(folder.path, 0o755);
      const index =
        '---\nid: WE-261101-ab12\ntitle: Count every cent\nstatus: in_progress\n---\n\n# Objective\n\nNo cent lost.\n';
      await writeFile(join(effort, 'WE-261101-ab12_index.md'), index);
      for (const [number, status] of [
        [1, 'completed'],
        [2, 'pending'],
      ]) {
        const id = `TKT-ab12-00${number}`;
        await writeFile(
          join(effort, 'tickets', `${id}_step_${number}.md`),
          `---\nid: ${id}\nparent: WE-261101-ab12\ntitle: Step ${number}\nstatus: ${status}\n---\n`,
        );
      }
      const created = await admin.create('sources', { kind: 'directory', path: folder.path });
      const synced = await admin.post(`/api/v1/sources/${created.id}/sync`, {});
      expect(synced).toMatchObject({ status: 200, body: { status: 'ok', problems: [], workEfforts: 1 } });
      const { data } = await admin.read(`work-efforts?sourceId=${created.id}`);
      expect(data).toHaveLength(1);
      expect(data[0]).toMatchObject({
        ...{ externalId: 'WE-261101-ab12', title: 'Count every cent', status: 'in-progress', progress: 50 },
      });
      const { tickets } = await admin.read(`work-efforts/${data[0].id}`);
      expect(tickets.map(({ sequence, status }: { sequence: number; status: string }) => [sequence, status])).toEqual([
        [1, 'completed'],
        [2, 'pending'],
      ]);
      expect(await admin.read('tickets?q=TKT-ab12-002')).toMatchObject({
        data: [{ externalId: 'TKT-ab12-002', workEffortId: data[0].id, sourceId: created.id }],
      });

      // Nobody asks for a sync from here on: what happens in the folder shows by itself.
      const soon = (what: string, shows: () => Promise<boolean>) => waitUntil(shows, { timeoutMs: 20_000, what });
      const step = join(effort, 'tickets', 'TKT-ab12-002_step_2.md');
      await writeFile(step, '---\nid: TKT-ab12-002\ntitle: Step 2\nstatus: done\n---\n');
      await soon('the ticket is completed', async () => {
        const { data } = await admin.read(`work-efforts?sourceId=${created.id}`);
        return data[0]?.progress === 100;
      });
      await writeFile(join(effort, 'WE-261101-ab12_index.md'), index.replace('---\n\n', 'tags: [Money, e2e]\n---\n\n'));
      await soon('the tag is counted', async () => {
        const { byTag } = await admin.read(`work-efforts/stats?sourceId=${created.id}`);
        return byTag.some(
          ({ name, workEfforts }: { name: string; workEfforts: number }) => name === 'e2e' && workEfforts === 1,
        );
      });
      const found = await admin.read('work-efforts?q=every%20ce&tag=money&status=in-progress');
      expect(found.data.map(({ id }: { id: string }) => id)).toEqual([data[0].id]);
      await rm(effort, { recursive: true });
      await soon('the work effort is gone', async () => {
        const { pagination } = await admin.read(`work-efforts?sourceId=${created.id}`);
        return pagination.total === 0;
      });
    } finally {
      await folder.remove();
    }
  });
}
