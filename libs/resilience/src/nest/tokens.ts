import { Inject } from '@nestjs/common';

/** What the module provides the `Dependency` of a name by. */
export function dependencyToken(name: string): string {
  return `purser:dependency:${name}`;
}

/** Injects the `Dependency` that `ResilienceModule.forRoot` declares by this name. */
export function InjectDependency(name: string): ReturnType<typeof Inject> {
  return Inject(dependencyToken(name));
}
