export type { DiskProblem, DiskProblemKind } from './calls.ts';
export { openDiskStore, type DiskStoreOptions } from './disk-store.ts';
