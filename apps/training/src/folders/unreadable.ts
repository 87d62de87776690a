/** A file or folder that can't become an item. The message is the reason, as a clause that can follow the file's path. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
