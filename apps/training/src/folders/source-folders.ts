import { opendirSync, realpathSync } from 'node:fs';
import { isWithin, unreadable } from './folder-reader.ts';
import { Unreadable } from '../items/unreadable.ts';

/** Says which folders may be sources. It blocks, as long as the file system does: for a thread of its own. */
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
  locate(path: string): string {
    try {
      const target = realpathSync.native(path);
      this.#refuseOutside(target);
      opendirSync(target).closeSync();
      return target;
    } catch (error) {
      const reason = unreadable(error);
      // Nobody learns by asking what exists outside of the roots.
      if (reason !== error) this.#refuseOutside(path);
      throw reason;
    }
  }

  #refuseOutside(path: string): void {
    if (this.#roots.length === 0) return;
    for (const root of this.#roots) {
      if (isWithin(root, path) || isWithin(targetOf(root), path)) return;
    }
    throw new Unreadable('is outside of the folders that PURSER_SOURCE_ROOTS allows');
  }
}

function targetOf(root: string): string {
  try {
    return realpathSync.native(root);
  } catch {
    return root;
  }
}
