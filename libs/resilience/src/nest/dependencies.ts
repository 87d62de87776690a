import { Dependency, dependency } from '../core/dependency.ts';
import type { DependencyOptions } from '../core/dependency-options.ts';
import type { DependencyStatistics } from '../core/dependency-statistics.ts';

/** All dependencies of an app. */
export class Dependencies {
  readonly #byName = new Map<string, Dependency>();

  /** @throws TypeError naming the field that is out of its bounds, or the name that is there twice */
  constructor(declared: readonly (DependencyOptions | Dependency)[]) {
    if (!Array.isArray(declared)) throw new TypeError('ResilienceModule.forRoot: dependencies must be an array');
    for (const one of declared as readonly (DependencyOptions | Dependency)[]) {
      const made = one instanceof Dependency ? one : dependency(one);
      if (this.#byName.has(made.name)) {
        throw new TypeError(`ResilienceModule.forRoot: there are two dependencies of the name ${made.name}`);
      }
      this.#byName.set(made.name, made);
    }
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws TypeError where none is declared by this name */
  get(name: string): Dependency {
    const found = this.#byName.get(name);
    if (found) return found;
    const known = this.names.join(', ') || 'none';
    throw new TypeError(`no dependency ${name} is declared: add it to ResilienceModule.forRoot, which has ${known}`);
  }

  /** Of all, in the order of their declaration. */
  statistics(): DependencyStatistics[] {
    return [...this.#byName.values()].map((one) => one.statistics());
  }
}
