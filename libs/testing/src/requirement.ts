import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Something that a suite needs and a machine may not have. */
export interface Requirement<T> {
  /** As it is called in the report: `NATS`. */
  readonly name: string;
  /** The command that installs it. */
  readonly install: string;
  /** Whether `start` can give one; asked when suites are declared, so it has to be quick. */
  available(): boolean;
  start(): Promise<T & { stop(): Promise<void> }>;
}

/** Jest's own, asked for at call time: programs that are no tests may load this library as well. */
type Jest = Pick<typeof import('@jest/globals'), 'describe' | 'it' | 'afterAll'>;

/**
 * Declares a suite that needs something. `suite` gets a function that starts it at the first call, inside a hook or a
 * test; it is stopped after the suite. Where it is not to be had the suite is reported as skipped, with the command
 * that installs it in its title; with `CI=true` or `PURSER_TEST_STACK=required` that is a failure.
 */
export function describeWith<T>(
  requirement: Requirement<T>,
  title: string,
  suite: (start: () => Promise<T>) => void,
): void {
  const { describe, it, afterAll } = globalThis as unknown as Jest;
  if (requirement.available()) {
    describe(title, () => {
      let started: ReturnType<typeof requirement.start> | undefined;
      suite(() => (started ??= requirement.start()));
      // Hooks run in their order: first the suite closes what it opened there.
      afterAll(async () => (await started)?.stop());
    });
    return;
  }
  const missing = `needs ${requirement.name}: ${requirement.install}`;
  if (isRequired()) {
    describe(title, () => {
      it(missing, () => {
        throw new Error(`${requirement.name} is not to be had here, and this run must not skip anything: ${missing}`);
      });
    });
  } else {
    describe.skip(`${title} (skipped, ${missing})`, () => suite(() => requirement.start()));
  }
}

/** Whether this run may leave nothing out: `CI=true` or `PURSER_TEST_STACK=required`. */
export function isRequired(): boolean {
  const { CI, PURSER_TEST_STACK } = process.env;
  return CI === 'true' || PURSER_TEST_STACK === 'required';
}

/** The program's path, looked for on the PATH and where system packages put servers; `undefined` when not there. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'].filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
