export { LiveReplicas, type LiveReplicasOptions } from './live-replicas.ts';
