import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { infrastructure, nestFreeLayers, rows } from '../lint/who-may-import-whom.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * Gives a module of a project: its build or its source, as the caller can load it.
 * @typedef {(project: string, module: string) => Promise<any>} Load
 */

const note = '<!-- Made by `npm run docs` from the code. Change it there. -->';

/** Every kind of process, in the order in which the page has them. */
const processes = [
  {
    ...{ project: 'apps/all-in-one', module: 'all-in-one.config', definition: 'allInOneConfig' },
    title: 'Everything in one process',
    about: 'What `npm start` runs.',
  },
  {
    ...{ project: 'apps/web-gateway', module: 'web-gateway.config', definition: 'webGatewayProcessConfig' },
    title: 'web-gateway',
    about: 'The HTTP edge, as a process of its own.',
  },
  {
    ...{ project: 'apps/budget', module: 'budget.config', definition: 'budgetProcessConfig' },
    title: 'budget',
    about: 'Money and providers, as a process of its own.',
  },
  {
    ...{ project: 'apps/reports', module: 'reports.config', definition: 'reportsProcessConfig' },
    title: 'reports',
    about: 'What happened, as a process of its own.',
  },
  {
    ...{ project: 'apps/training', module: 'training.config', definition: 'trainingProcessConfig' },
    title: 'training',
    about: 'Sources and work efforts, as a process of its own.',
  },
];

/**
 * The documentation that is made from the code: whole pages, and the table within docs/architecture.md.
 * @param {Load} load
 * @returns {Promise<Map<string, string>>} formatted texts by their paths from the root
 */
export async function generatedPages(load) {
  const texts = {
    'docs/configuration.md': await configurationPage(load),
    'docs/errors.md': await errorsPage(load),
    'docs/architecture.md': withImports(readFileSync(join(root, 'docs/architecture.md'), 'utf8')),
  };
  const settings = await resolveConfig(join(root, 'docs/errors.md'));
  const formatted = Object.entries(texts).map(
    async ([path, text]) => /** @type {const} */ ([path, await format(text, { ...settings, parser: 'markdown' })]),
  );
  return new Map(await Promise.all(formatted));
}

/** @param {Load} load */
async function configurationPage(load) {
  const { configMarkdown } = await load('libs/config', 'index');
  const tables = processes.map(async ({ project, module, definition, title, about }) => {
    const { [definition]: variables } = await load(project, module);
    return `## ${title}\n\n${about}\n\n${configMarkdown(variables)}`;
  });
  return `# Configuration

${note}

Environment variables are all there is. Each process reads them once, at its start. An empty variable is unset. A bad
value refuses the start, with every bad variable's name, what was read and what is allowed; nothing is repaired.
\`--print-config\` prints the effective values with secrets masked, marks those that differ from their defaults, and ends;
or it says what is refused:

\`\`\`sh
npm start -- --print-config
node_modules/.bin/node apps/budget/dist/main.js --print-config
\`\`\`

\`npm run start:services\` hands its own environment on to every process, but gives each a \`PURSER_DATA_DIR\` below its own
(\`web-gateway-0\`, \`budget\`, …) and, to all but the gateways, a free \`PORT\`. \`PURSER_GATEWAYS\` (1 to 64, 1 by default)
says how many gateways it starts, on \`PORT\`, \`PORT\` + 1 and so on, \`PURSER_REPLICAS\` (1 to 16, 1 by default) how many
processes of each other service: \`budget\`, \`budget-1\` and so on. Images set \`HOST=0.0.0.0\`, \`PORT=3000\`,
\`PURSER_DATA_DIR=/data\` and \`PURSER_SIMULATOR=off\`.

${(await Promise.all(tables)).join('\n')}`;
}

/** @param {Load} load */
async function errorsPage(load) {
  /** @type {{ catalogue: Record<string, { kind: string, retryable: boolean, meaning: string, remedy: string }> }} */
  const { catalogue } = await load('libs/errors', 'index');
  /** @type {{ httpStatus: Record<string, number>, openAiType: Record<string, string> }} */
  const { httpStatus, openAiType } = await load('apps/web-gateway', 'errors/http-status');
  const codes = Object.entries(catalogue).map(([code, { kind, retryable, meaning, remedy }]) =>
    row([`\`${code}\``, httpStatus[kind], retryable ? 'yes' : 'no', meaning, remedy]),
  );
  const kinds = Object.entries(httpStatus).map(([kind, status]) => row([kind, status, `\`${openAiType[kind]}\``]));
  return `# Errors

${note}

Codes are stable: new ones may come, none changes its meaning. "Again" says whether the same request, sent again
unchanged a little later, may succeed. Where they stand in an answer: [the API](api.md#errors).

| code | HTTP | again | what it means | what to do |
|---|---|---|---|---|
${codes.join('\n')}

A code belongs to a kind, and the kind gives the HTTP status and, on \`/v1\`, the \`type\`:

| kind | HTTP | \`type\` on \`/v1\` |
|---|---|---|
${kinds.join('\n')}
`;
}

const importsBegin =
  '<!-- who may import whom: made by `npm run docs` from tools/tidy/lint/who-may-import-whom.mjs -->';
const importsEnd = '<!-- end -->';

/**
 * The page with its table of imports made anew.
 * @param {string} page
 * @throws {Error} when the page has no place for it
 */
function withImports(page) {
  const [before, rest] = page.split(importsBegin);
  const [, after] = rest?.split(importsEnd) ?? [];
  if (before === undefined || after === undefined) {
    throw new Error(`docs/architecture.md must hold "${importsBegin}" and, after it, "${importsEnd}"`);
  }
  return `${before}${importsBegin}\n\n${importsTable()}\n\n${importsEnd}${after}`;
}

/** Rows of projects that are there: the rule also knows those that are yet to come. */
function importsTable() {
  const lines = Object.entries(rows)
    .filter(([project]) => exists(project))
    .map(([project, { may, never = [] }]) => {
      const allowed = may.filter(exists).join(', ') || 'nothing';
      const banned = never.map(({ why }) => (why.includes('Nest') ? '`@nestjs/*`' : '`pg`, `typeorm`')).join(', ');
      return row([`\`${project}\``, allowed, banned || '–']);
    });
  const layers = nestFreeLayers.filter(isInALibrary).map((layer) => `\`src/${layer}\``);
  const libraries = infrastructure.filter(exists).map((name) => `\`${name}\``);
  return [
    '| project | may import of the workspace | never from outside |',
    '|---|---|---|',
    ...lines,
    '',
    `Within a library, ${layers.join(' and ')} work without Nest: they import neither \`@nestjs/*\` nor the`,
    `library's own \`src/nest\` and \`src/testing\`; and, in ${libraries.join(', ')}, nothing of the workspace but \`errors\`.`,
  ].join('\n');
}

/** @param {string} project */
function exists(project) {
  return ['apps', 'libs', 'tools'].some((kind) => existsSync(join(root, kind, project, 'package.json')));
}

/** @param {string} layer a folder below `src` */
function isInALibrary(layer) {
  return readdirSync(join(root, 'libs')).some((library) => existsSync(join(root, 'libs', library, 'src', layer)));
}

/** @param {readonly (string | number | undefined)[]} cells */
function row(cells) {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}
