/** Something of a source that can't become an item, or the source itself. The message is the reason, as a clause after its path. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
