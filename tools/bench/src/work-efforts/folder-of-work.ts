import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const STATUSES = ['active', 'done', 'todo', 'blocked'] as const;
const SUBJECTS = ['budgets', 'leases', 'ledgers', 'routes', 'prices'] as const;
const OBJECTIVE = 'Keep every cent counted and every lease returned, whatever breaks meanwhile. '.repeat(8);

/** Writes `count` work efforts below `root`, each with `tickets` tickets, as people write them. */
export async function writeFolderOfWork(root: string, count: number, tickets: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const letters = n.toString(36).padStart(4, '0');
    const id = `WE-260101-${letters}`;
    const folder = join(root, `${id}_work_effort_${n}`);
    await mkdir(join(folder, 'tickets'), { recursive: true });
    const subject = SUBJECTS[n % SUBJECTS.length];
    const fields = [
      `id: ${id}`,
      `title: "Work effort ${n}: ${subject}"`,
      `status: ${STATUSES[n % STATUSES.length]}`,
      'created: 2026-01-01',
      `last_updated: "2026-02-${String((n % 28) + 1).padStart(2, '0')}"`,
      `branch: feature/${id}`,
      `tags: [${subject}, team-${n % 12}]`,
    ];
    const text = `---\n${fields.join('\n')}\n---\n\n# ${id}\n\n## Objective\n${OBJECTIVE}\n`;
    await writeFile(join(folder, `${id}_index.md`), text);
    for (let t = 1; t <= tickets; t += 1) await writeTicket(folder, id, letters, t);
  }
}

async function writeTicket(folder: string, parent: string, letters: string, number: number): Promise<void> {
  const id = `TKT-${letters}-${String(number).padStart(3, '0')}`;
  const status = STATUSES[number % STATUSES.length];
  const text = `---\nid: ${id}\nparent: ${parent}\ntitle: Step ${number}\nstatus: ${status}\ncreated: 2026-01-02\n---\n\nDo it.\n`;
  await writeFile(join(folder, 'tickets', `${id}_step_${number}.md`), text);
}
