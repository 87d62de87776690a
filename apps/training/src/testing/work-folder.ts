import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A folder of work efforts for tests to write into. */
export class WorkFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Writes one file, with the folders that it is in. */
  async write(path: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(join(this.path, path)), { recursive: true });
    await writeFile(join(this.path, path), content);
  }

  /**
   * Writes the work effort `WE-260101-<letters>` with these lines of front matter, and a ticket for each status.
   *
   * @returns its folder's name
   */
  async workEffort(letters: string, fields: string, tickets: readonly string[] = []): Promise<string> {
    const id = `WE-260101-${letters}`;
    const folder = `${id}_title_of_${letters}`;
    await this.write(`${folder}/${id}_index.md`, `---\nid: ${id}\n${fields}\n---\n## Objective\nDo ${letters}.\n`);
    for (const [n, status] of tickets.entries()) {
      const name = `TKT-${letters}-${String(n + 1).padStart(3, '0')}_step_${n + 1}.md`;
      await this.write(`${folder}/tickets/${name}`, `---\nstatus: ${status}\n---\n`);
    }
    return folder;
  }
}
