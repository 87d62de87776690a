export { MemoryStore, type MemoryStoreOptions, type MemoryStoreStatistics } from './memory-store.ts';
