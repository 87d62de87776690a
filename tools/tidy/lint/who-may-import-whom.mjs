// The table "Who may import whom" of docs/architecture, as data. The lint rule beside it enforces every row for sources
// and specs alike; a project without a row may import nothing of the workspace, so a new project starts closed.

/**
 * @typedef {{ pattern: RegExp, why: string }} Ban
 * @typedef {{ may: readonly string[], never?: readonly Ban[] }} Row
 */

/** @type {Ban} */
const nest = { pattern: /^@nestjs\//, why: 'no Nest here: it must be usable without it' };

/** @type {Ban} */
const database = {
  pattern: /^(pg|typeorm|@nestjs\/typeorm)(\/|$)/,
  why: 'no database here: only the services that own a schema talk to PostgreSQL',
};

/** The libraries that are worth installing without the rest of Purser. */
export const infrastructure = [
  'caching',
  'health',
  'performance',
  'pooling',
  'query-batching',
  'rate-limiting',
  'resilience',
  'tracing',
];

// The gateway hashes keys and opens providers' sealed secrets itself, so that neither crosses the wire in the clear.
const gatewayLibraries = [
  ...['errors', 'money', 'config', 'contracts', 'secrets', 'redis', 'messaging', 'service-caching', 'service-traffic'],
  ...infrastructure,
];
const serviceLibraries = [...gatewayLibraries, 'database'];

/** @type {Row} */
const infrastructureRow = { may: ['errors', 'config'], never: [database] };

/**
 * By project name without the scope. `may` lists workspaces, `never` packages from outside.
 * @type {Readonly<Record<string, Row>>}
 */
export const rows = {
  errors: { may: [], never: [nest, database] },
  money: { may: [], never: [nest, database] },
  config: { may: ['errors'], never: [nest, database] },
  secrets: { may: ['errors'], never: [nest, database] },
  redis: { may: [], never: [nest, database] },
  contracts: { may: ['errors', 'money'], never: [nest, database] },
  ...Object.fromEntries(infrastructure.map((name) => [name, infrastructureRow])),
  // A pool of database connections is one of its drivers.
  pooling: { may: infrastructureRow.may },
  // The transport carries what the contracts declare and hands the trace context on.
  messaging: { may: ['errors', 'contracts', 'config', 'tracing', 'performance'], never: [database] },
  // The one place where the cache, which knows nothing of messages, and messages, which know nothing of it, are put together.
  'service-caching': { may: ['caching', 'config', 'contracts', 'health', 'messaging', 'redis'], never: [database] },
  // The same for limits, pools and resilience.
  'service-traffic': {
    may: [
      ...['rate-limiting', 'pooling', 'resilience'],
      ...['config', 'contracts', 'errors', 'health', 'messaging', 'redis'],
    ],
    never: [database],
  },
  database: { may: ['errors', 'config', 'pooling', 'query-batching', 'tracing', 'performance'] },
  // Services never import each other, only each other's contract: all-in-one would hide what NATS then breaks.
  budget: { may: serviceLibraries },
  reports: { may: serviceLibraries },
  training: { may: serviceLibraries },
  // The gateway scales without limit because nothing in it waits for a database.
  'web-gateway': { may: gatewayLibraries, never: [database] },
  // Only another way to start the same modules. The provider simulator is spawned, never imported: it is a stand-in for
  // somebody else's process, and must be able to die like one. Contracts are for its tests, which ask several services.
  'all-in-one': {
    may: [
      'budget',
      'reports',
      'training',
      'web-gateway',
      'contracts',
      'messaging',
      'database',
      'redis',
      'health',
      'config',
      'errors',
    ],
  },
  dashboard: { may: ['contracts'], never: [nest, database] },
  'provider-simulator': { may: ['contracts'], never: [nest, database] },
  // Caches are measured beside other libraries, in a process: there is no service to ask.
  bench: {
    may: ['contracts', 'provider-simulator', 'caching', 'rate-limiting', 'pooling', 'resilience'],
    // A peer of ours is one of Nest's own packages.
    never: [{ ...nest, pattern: /^@nestjs\/(?!throttler$)/ }, database],
  },
  // Over HTTP only: what a test can reach by import, a user can't.
  e2e: { may: ['contracts', 'testing', 'provider-simulator'], never: [nest] },
  // Model-checks the real state machines, so it is the one place outside all-in-one that sees two services at once.
  'protocol-simulation': { may: ['errors', 'money', 'contracts', 'budget', 'web-gateway'], never: [nest, database] },
  // What starts a Purser of its own and sets it up is the bench's.
  load: { may: ['contracts', 'provider-simulator', 'bench'], never: [nest, database] },
  testing: { may: [...serviceLibraries, 'provider-simulator'] },
  // Runs before anything is installed.
  setup: { may: [], never: [nest, database] },
  // Reads the Dockerfile with the same eyes as the rehearsal of its steps.
  tidy: { may: ['setup'], never: [nest, database] },
};

/**
 * Folders of a library that must work without Nest, by project kind.
 * An infrastructure library that needs a neighbour declares it as an interface of its own, and the apps wire it.
 * @type {Row}
 */
const infrastructureCore = { may: ['errors'], never: [nest, database] };

/**
 * Files that may reach into another project's sources, each with its reason.
 * @type {readonly { from: string, to: string, why: string }[]}
 */
export const exceptions = [
  {
    from: 'libs/testing/jest-run.js',
    to: 'libs/database/src/embedded/index.ts',
    why: 'it starts the database before any test, in a plain Node, where the package by its name would be its build',
  },
];

/** Layers of a library that run without Nest; they may not reach into these folders of their own project either. */
export const nestFreeLayers = ['core', 'stores', 'drivers'];
export const outerLayers = ['nest', 'testing'];

/**
 * The row that holds for a file.
 * @param {string} project its name without the scope
 * @param {string | undefined} layer its first folder below `src`, if it is in one
 * @returns {Row}
 */
export function rowFor(project, layer) {
  const row = rows[project];
  if (!row) return { may: [] };
  if (layer === undefined || !nestFreeLayers.includes(layer)) return row;
  if (project === 'pooling' && layer === 'drivers') return { may: infrastructureCore.may, never: [nest] };
  if (infrastructure.includes(project)) return infrastructureCore;
  if (['messaging', 'database'].includes(project)) return { may: row.may, never: [...(row.never ?? []), nest] };
  return row;
}
