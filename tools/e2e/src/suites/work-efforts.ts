import { expect, it } from '@jest/globals';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@purser/testing';
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
    } finally {
      await folder.remove();
    }
  });
}
