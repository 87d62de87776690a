import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attempt } from '../core/dependency.ts';

const RESILIENT = Symbol('@Resilient');
const current = new AsyncLocalStorage<Attempt>();

/**
 * Makes calls of a provider's method calls of a dependency that `ResilienceModule.forRoot` declares, for whoever calls it on
 * the injected instance. The method is called once for each attempt, and finds its signal and deadline in
 * {@link currentAttempt}. Called within another such method it ends with that one's attempt. It gives a promise whatever the method gives.
 */
export function Resilient(dependency: string): MethodDecorator {
  if (typeof dependency !== 'string' || dependency === '') {
    throw new TypeError('@Resilient must be given the name of a dependency');
  }
  return (_target, _name, descriptor: PropertyDescriptor) => {
    Reflect.defineMetadata(RESILIENT, dependency, descriptor.value as object);
  };
}

/** The attempt that the code runs in; undefined outside a method with `@Resilient`. */
export function currentAttempt(): Attempt | undefined {
  return current.getStore();
}

/** Runs the work as what {@link currentAttempt} tells of. */
export function inAttempt<T>(attempt: Attempt, work: () => T): T {
  return current.run(attempt, work);
}

/** The dependency that a method is a call of. */
export function dependencyOf(method: object): string | undefined {
  return Reflect.getMetadata(RESILIENT, method) as string | undefined;
}
