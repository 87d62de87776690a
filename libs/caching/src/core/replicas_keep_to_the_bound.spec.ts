import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyStory, anyWorld, takeCommand, type Command } from '../testing/model/commands.ts';
import { World, type WorldOptions } from '../testing/model/world.ts';
import { VirtualTime } from '../testing/time/virtual-time.ts';

/** The same each time; `--globals '{"modelRuns": 20000, "modelSeed": 42}'` runs more, and others. */
const { modelRuns = 120, modelSeed = 20_261_128 } = globalThis as { modelRuns?: number; modelSeed?: number };

let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime();
  time.install();
});
afterEach(() => time.uninstall());

async function run(options: WorldOptions, stories: readonly (readonly Command[])[]): Promise<void> {
  const world = new World(time, options);
  await world.open();
  for (const command of stories.flat()) await takeCommand(world, command);
  await world.end();
  expect(world.problems).toEqual([]);
  expect(time.waiting).toBe(0);
}

it('reads nothing older than what was acknowledged, here at once and elsewhere within the bound, whatever goes wrong', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld(), fc.array(anyStory(), { minLength: 1, maxLength: 10, size: 'max' }), run),
    { numRuns: modelRuns, seed: modelSeed },
  );
}, 3_600_000);
