import { controlPlaneOperations } from '../control-plane/operations.ts';
import { dataPlaneOperations } from './data-plane-operations.ts';
import type { Operation } from './operation.ts';
import { probeOperations } from './probe-operations.ts';

/** Every operation that the gateway offers. */
export function allOperations(): readonly Operation[] {
  return [...dataPlaneOperations(), ...controlPlaneOperations(), ...probeOperations()];
}
