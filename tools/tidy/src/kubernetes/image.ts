import { parseDockerfile } from '@purser/setup/dockerfile';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.ts';

const instructions = parseDockerfile(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8')).at(-1)!.instructions;
const argumentsOf = (name: string) => instructions.filter((each) => each.name === name).map(({ args }) => args[0]!);

/** What every app's image sets, by name, but for what each has of its own. */
export const imageVariables: Readonly<Record<string, string>> = Object.fromEntries(
  argumentsOf('ENV')
    .flatMap((text) => text.trim().split(/\s+/))
    .map((pair) => pair.split('=') as [string, string])
    .filter(([, value]) => !value.startsWith('$')),
);

/** The user that the image runs as, by number. */
export const imageUser = Number(argumentsOf('USER')[0]!.split(':')[0]);
