import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import preset from './jest.preset.js';
import { projects, root } from './tools/setup/workspace.mjs';

const tested = projects().filter(({ scripts }) => scripts.test !== undefined);
const configs = await Promise.all(
  tested.map(async ({ folder }) => {
    const { default: config } = await import(`./${folder}/jest.config.js`);
    return { folder, config };
  }),
);

/** Without what Jest takes for a whole run only: it stands below. */
function ofProject(config) {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !['reporters', 'testTimeout'].includes(name)));
}

const plain = configs.filter(({ config }) => config === preset);
const special = configs.filter(({ config }) => config !== preset);

/**
 * The unit and medium tests of all projects in one run, as `npm test` has them: with a run for each project, Jest, a PostgreSQL
 * and the transformed sources of what projects share would begin anew in each. What a project sets for itself holds here too,
 * but for `testTimeout` and `reporters`, of which a run has one.
 */
export default {
  // Failures once more at the end, however few files there are: they stand far apart.
  reporters: [['default', { summaryThreshold: 0 }], ...preset.reporters.slice(1)],
  testTimeout: preset.testTimeout,
  projects: [
    { ...ofProject(preset), rootDir: root, roots: plain.map(({ folder }) => join(root, folder, 'src')) },
    ...special.map(({ folder, config }) => ({ ...ofProject(config), rootDir: join(root, folder) })),
  ],
  // Tests wait for servers as much as they compute.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Modules of a test file that has ended are not all given back: a worker that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
};
