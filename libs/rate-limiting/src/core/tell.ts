import { inspect } from 'node:util';
import { isPromise } from './promises.ts';

/** Calls what the caller of the library gave. What that throws ends nothing here: it becomes a warning of the process. */
export function tell<A extends readonly unknown[]>(listener: ((...told: A) => unknown) | undefined, ...told: A): void {
  try {
    const done = listener?.(...told);
    if (isPromise(done)) done.catch(warn);
  } catch (error) {
    warn(error);
  }
}

function warn(error: unknown): void {
  process.emitWarning(`a listener of rate limits threw ${inspect(error)}`);
}
