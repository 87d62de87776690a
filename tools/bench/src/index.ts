export { controlPlane } from './gateway/control-plane.ts';
export type { ControlPlane } from './gateway/control-plane.ts';
export { startAllInOne } from './processes/all-in-one.ts';
export { Opened } from './processes/opened.ts';
export { root, startNode } from './processes/node-process.ts';
export type { NodeProcess } from './processes/node-process.ts';
export { residentMb } from './processes/proc.ts';
