/** What was made of a file; it holds as long as the file's state is the same. Plain JSON but for dates. */
export interface KeptFile {
  readonly stamp: string;
  /** Of its bytes. */
  readonly digest: string;
  /** What it says, as whoever read it made it. */
  readonly says?: unknown;
  /** Why that can't be told. */
  readonly unreadable?: string;
}

/** The files of one work effort, by {@link keptNameOf}. */
export type KeptFiles = Readonly<Record<string, KeptFile>>;

/** Remembers what was made of files, so that those that have not changed need not be read again. It may forget. */
export interface FileMemory {
  /** Of the folder with this key; blocks. */
  recall(folderKey: string): KeptFiles | undefined;
  keep(folderKey: string, files: KeptFiles): void;
}

/** Remembers nothing. */
export const noMemory: FileMemory = { recall: () => undefined, keep: () => undefined };
