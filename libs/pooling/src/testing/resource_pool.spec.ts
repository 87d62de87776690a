import { ResourcePool } from '../core/resource-pool.ts';
import { describePool, FakePeer } from './index.ts';

describePool('resource', (options) => new ResourcePool(new FakePeer(), { name: 'test', ...options }));
