import { isBuiltin } from 'node:module';
import ts from 'typescript';

/** A package that a text imports, and whether the import is gone at run time. */
export interface ImportedPackage {
  readonly name: string;
  readonly typeOnly: boolean;
}

/** `@scope/name` or `name` of an import; undefined for a relative one or a built-in module. */
function packageOf(source: string): string | undefined {
  if (/^[./]/.test(source) || source.startsWith('file:') || isBuiltin(source)) return undefined;
  const parts = source.split('/');
  return parts.slice(0, source.startsWith('@') ? 2 : 1).join('/');
}

/** The module that a node names, if it imports one: statically, by `import()` or by `import.meta.resolve()`. */
function importOf(node: ts.Node): { source: ts.Expression | undefined; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    return { source: node.moduleSpecifier, typeOnly: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword };
  }
  if (ts.isExportDeclaration(node)) return { source: node.moduleSpecifier, typeOnly: node.isTypeOnly };
  if (!ts.isCallExpression(node)) return undefined;
  const called = node.expression.getText();
  return ['import', 'import.meta.resolve'].includes(called)
    ? { source: node.arguments[0], typeOnly: false }
    : undefined;
}

/** The packages that a module imports, in the order of the text; strings and comments that look like imports do not count. */
export function importedPackages(text: string): ImportedPackage[] {
  const file = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest, true);
  const found: ImportedPackage[] = [];
  const visit = (node: ts.Node): void => {
    const { source, typeOnly = false } = importOf(node) ?? {};
    const name = source && ts.isStringLiteralLike(source) ? packageOf(source.text) : undefined;
    if (name !== undefined) found.push({ name, typeOnly });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
