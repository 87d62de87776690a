import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exceptions, nestFreeLayers, outerLayers, rowFor } from './who-may-import-whom.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const scope = '@purser/';

/** Specs, and the files that only Jest loads, may use what tests are made of. */
const testFile = /(\.spec\.[cm]?[jt]s|^jest\..*\.[cm]?[jt]s)$/;

/**
 * Where a file stands in the workspace.
 * @param {string} file an absolute path
 * @returns {{ project: string | undefined, folder: string, layer: string | undefined }} `project` is undefined for files that
 * belong to none: those at the root and the scripts directly under `tools`.
 */
function place(file) {
  const [kind = '', name = '', ...rest] = relative(root, file).split(sep);
  const inProject = ['apps', 'libs', 'tools'].includes(kind) && rest.length > 0;
  if (!inProject) return { project: undefined, folder: root, layer: undefined };
  const layer = rest[0] === 'src' && rest.length > 2 ? rest[1] : undefined;
  return { project: name, folder: join(root, kind, name), layer };
}

/**
 * The sub-paths that a workspace's exports map opens; just its root when the project does not exist yet.
 * @param {string} project
 * @returns {readonly string[]}
 */
function openPaths(project) {
  const manifest = ['libs', 'apps', 'tools']
    .map((kind) => join(root, kind, project, 'package.json'))
    .find((candidate) => existsSync(candidate));
  if (!manifest) return ['.'];
  const { exports = { '.': null } } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.keys(exports);
}

/**
 * What is wrong with a relative import, if anything.
 * @param {ReturnType<typeof place>} from
 * @param {string} file
 * @param {string} source
 */
function relativeFault(from, file, source) {
  const target = resolve(dirname(file), source);
  const to = place(target);
  // Every project's Jest and TypeScript settings stand on a file at the root.
  if (dirname(target) === root) return undefined;
  // The commands and settings at the root and under tools run before packages have names; these two hold what they are made of.
  if (from.project === undefined && ['setup', 'tidy'].includes(to.project ?? '')) return undefined;
  // ESLint's settings are at the root, where ESLint looks for them; this rule is what they are made of.
  if (from.project === undefined && to.project === 'tidy') return undefined;
  const isException = exceptions.some((known) => join(root, known.from) === file && join(root, known.to) === target);
  if (isException) return undefined;
  if (to.project !== from.project) return `leaves its project: import ${scope}${to.project ?? '…'} by name`;
  const crossesOut = nestFreeLayers.includes(from.layer ?? '') && outerLayers.includes(to.layer ?? '');
  if (crossesOut && !testFile.test(basename(file))) return `src/${from.layer} must work without src/${to.layer}`;
  return undefined;
}

/**
 * What is wrong with an import of another workspace, if anything.
 * @param {ReturnType<typeof place>} from
 * @param {string} file
 * @param {string} source
 */
function workspaceFault(from, file, source) {
  const [name = '', ...sub] = source.slice(scope.length).split('/');
  const isTest = testFile.test(basename(file));
  if (name === from.project) {
    // A source file that goes through its own index makes a cycle; a spec may look at the public face.
    return isTest ? undefined : 'imports its own package by name: use a relative import';
  }
  const { may } = from.project === undefined ? { may: [] } : rowFor(from.project, from.layer);
  const allowed = may.includes(name) || (isTest && name === 'testing');
  if (!allowed) {
    const where = [from.project ?? 'the root', nestFreeLayers.includes(from.layer ?? '') ? from.layer : undefined];
    const list = may.length > 0 ? may.join(', ') : 'no workspace';
    return `${where.filter(Boolean).join(' ')} may import ${list}${isTest ? ', and testing in specs' : ''}`;
  }
  const path = sub.length > 0 ? `./${sub.join('/')}` : '.';
  return openPaths(name).includes(path) ? undefined : `${scope}${name} does not export ${path}: use its public index`;
}

/**
 * @param {string} file
 * @param {string} source
 * @returns {string | undefined}
 */
function fault(file, source) {
  const from = place(file);
  if (/^\.{0,2}\//.test(source)) return relativeFault(from, file, source);
  if (source.startsWith('file:')) return 'import by name or relative path, not by URL';
  if (source.startsWith(scope)) return workspaceFault(from, file, source);
  if (from.project === undefined) return undefined;
  return rowFor(from.project, from.layer).never?.find(({ pattern }) => pattern.test(source))?.why;
}

/**
 * Holds a file to its row of the table "Who may import whom". Looks at every form of import: static, re-export, dynamic,
 * type position and `require`.
 * @type {import('eslint').Rule.RuleModule}
 */
export const importsRule = {
  meta: {
    type: 'problem',
    docs: { description: 'who may import whom (docs/architecture)' },
    messages: { forbidden: "Forbidden import of '{{source}}': {{why}}." },
    schema: [],
  },
  create(context) {
    /** @param {import('estree').Node | null | undefined} node */
    const check = (node) => {
      if (node?.type !== 'Literal' || typeof node.value !== 'string') return;
      const why = fault(context.filename, node.value);
      if (why) context.report({ node, messageId: 'forbidden', data: { source: node.value, why } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (/** @type {any} */ node) => check(node.source ?? node.argument?.literal ?? node.argument),
      TSExternalModuleReference: (/** @type {any} */ node) => check(node.expression),
      CallExpression: (node) => {
        const isRequire = node.callee.type === 'Identifier' && node.callee.name === 'require';
        if (isRequire) check(/** @type {import('estree').Node} */ (node.arguments[0]));
      },
    };
  },
};
