import { ResourcePool } from '../core/resource-pool.ts';
import { describePool, FakePeer } from './index.ts';

// A file of tests for `node --test`: its spec runs it.
describePool('resource', (options) => new ResourcePool(new FakePeer(), { name: 'test', ...options }));
