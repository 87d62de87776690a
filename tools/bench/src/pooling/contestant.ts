/** What is lent: nothing is measured of what a real one does. */
export interface Resource {
  readonly id: number;
}

let made = 0;

/** Makes one at once. */
export function makeResource(): Resource {
  made += 1;
  return { id: made };
}

/** A pool that is measured, called as its users would. */
export interface OpenPool {
  acquire(): Promise<Resource>;
  release(resource: Resource): unknown;
  /** Lends what is free without waiting; undefined where it can't. */
  readonly tryAcquire?: () => Resource | undefined;
  close(): Promise<unknown>;
}

/** Opens a pool of so many, with room for all who wait. */
export type PoolContestant = (resources: number) => Promise<OpenPool>;
