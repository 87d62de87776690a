export { LiveReplicas, type LiveReplicasOptions } from './live-replicas.ts';
export { messageAdmission, MessageAdmission } from './message-admission.ts';
export { MessageResilience } from './message-resilience.ts';
export { serviceDependencies, type ServiceDatabase } from './service-dependencies.ts';
export { ServiceTrafficModule, type ServiceTrafficOptions } from './service-traffic.module.ts';
export { TrafficFleet } from './traffic-fleet.ts';
export { TrafficSources, type TrafficOfReplica } from './traffic-sources.ts';
export { messageVariables, type MessageConfig } from './traffic-variables.ts';
