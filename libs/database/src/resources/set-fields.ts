/** The fields of `changes` that are set: one that is undefined stays as it is. */
export function setFields<T extends object>(changes: T): T {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as T;
}
