// What tsc -p does in every project that has a script for it, in one process: what projects share is read and bound once, and
// each file is checked once, in its own project. A tsc for each checks again the sources of all that it imports.
import { join } from 'node:path';
import ts from 'typescript';
import { projects, root } from './workspace.mjs';

/** @typedef {{ files: Map<string, ts.SourceFile>, modules: ts.ModuleResolutionCache }} Shared */

/** Of the projects with equal options, by these. @type {Map<string, Shared>} */
const sharedByOptions = new Map();

/**
 * @param {ts.CompilerOptions} options
 * @returns {Shared}
 */
function sharedWith(options) {
  const key = JSON.stringify({ ...options, configFilePath: undefined });
  const known = sharedByOptions.get(key);
  if (known) return known;
  const shared = { files: new Map(), modules: ts.createModuleResolutionCache(root, (name) => name, options) };
  sharedByOptions.set(key, shared);
  return shared;
}

/** @param {ts.CompilerOptions} options */
function hostFor(options) {
  const { files, modules } = sharedWith(options);
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile;
  host.getModuleResolutionCache = () => modules;
  host.getSourceFile = (name, how, ...rest) => {
    const key = `${typeof how === 'object' ? how.impliedNodeFormat : ''} ${name}`;
    const file = files.get(key) ?? read(name, how, ...rest);
    if (file) files.set(key, file);
    return file;
  };
  return host;
}

/**
 * @param {string} folder of a project, from the root
 * @returns {readonly ts.Diagnostic[]}
 */
function faultsIn(folder) {
  /** @type {ts.Diagnostic[]} */
  const unreadable = [];
  const parsed = ts.getParsedCommandLineOfConfigFile(join(root, folder, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (fault) => unreadable.push(fault),
  });
  if (!parsed) return unreadable;
  const { fileNames: rootNames, options, errors: configFileParsingDiagnostics } = parsed;
  const program = ts.createProgram({ rootNames, options, host: hostFor(options), configFileParsingDiagnostics });
  return [
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...rootNames.flatMap((name) => {
      const file = program.getSourceFile(name);
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    }),
  ];
}

const checked = projects().filter(({ scripts }) => scripts['typecheck'] !== undefined);
let faults = 0;
for (const { folder } of checked) {
  const found = ts.sortAndDeduplicateDiagnostics(faultsIn(folder));
  faults += found.length;
  const place = { getCanonicalFileName: String, getCurrentDirectory: () => root, getNewLine: () => '\n' };
  process.stdout.write(ts.formatDiagnostics(found, place));
}
process.stdout.write(`${faults} faults in the types of ${checked.length} projects\n`);
process.exit(faults > 0 || checked.length === 0 ? 1 : 0);
