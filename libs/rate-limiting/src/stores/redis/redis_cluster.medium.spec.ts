import { afterAll, beforeAll, describe } from '@jest/globals';
import { findProgram, startOwnRedis, waitUntil, type OwnServer } from '@purser/testing';
import { Cluster, Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { describeLimitStore } from '../../testing/stores/describe-limit-store.ts';
import { RedisStore } from './index.ts';

const describeOwn = findProgram('redis-server') ? describe : describe.skip;

describeOwn('on a cluster', () => {
  let server: OwnServer | undefined;
  let cluster: Cluster | undefined;

  beforeAll(async () => {
    server = await startOwnRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const admin = new Redis(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const isWhole = async (): Promise<boolean> => String(await admin.cluster('INFO')).includes('cluster_state:ok');
    await waitUntil(isWhole, { timeoutMs: 20_000, what: 'a whole cluster' });
    await admin.quit();
    const { hostname, port } = new URL(server.url);
    cluster = new Cluster([{ host: hostname, port: Number(port) }]);
  });
  afterAll(async () => {
    await cluster?.quit();
    await server?.remove();
  });

  describeLimitStore('Redis Cluster', async () => {
    const prefix = `{limits-${randomUUID()}}:`;
    return { store: new RedisStore({ redis: cluster!, prefix, deadlineMs: 20_000 }) };
  });
});
