import { opendir, realpath } from 'node:fs/promises';
import { isWithin, unreadable } from './folder-reader.ts';
import { Unreadable } from '../items/unreadable.ts';

/** Says which folders may be sources. */
export class SourceFolders {
  readonly #roots: readonly string[];

  /** @param roots the folders that sources may be in, absolute; none: anywhere */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /**
   * Where the folder at `path` (absolute) really is. Links are followed before it is compared with the roots, so that
   * none leads around them.
   *
   * @throws Unreadable where it can't be read, is not a folder, or is not inside a root
   */
  async locate(path: string): Promise<string> {
    try {
      const target = await realpath(path);
      await this.#refuseOutside(target);
      const folder = await opendir(target);
      await folder.close();
      return target;
    } catch (error) {
      const reason = unreadable(error);
      // Nobody learns by asking what exists outside of the roots.
      if (reason !== error) await this.#refuseOutside(path);
      throw reason;
    }
  }

  async #refuseOutside(path: string): Promise<void> {
    if (this.#roots.length === 0) return;
    for (const root of this.#roots) {
      const target = await realpath(root).catch(() => null);
      if (isWithin(root, path) || (target !== null && isWithin(target, path))) return;
    }
    throw new Unreadable('is outside of the folders that PURSER_SOURCE_ROOTS allows');
  }
}
