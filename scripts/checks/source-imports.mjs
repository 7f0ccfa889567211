/** What a TypeScript or JavaScript file imports, read by the compiler's own parser. */
import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * Every import of the file: `{ specifier, kind, line }[]`. `kind` is `type` when nothing of it is left at
 * run time, `dynamic` for `import()`, else `static`.
 */
export function importsOf(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true)
  const found = []
  const visit = (node) => {
    const kind = importKind(node)
    const literal = kind && moduleOf(node)
    if (literal && ts.isStringLiteralLike(literal)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      found.push({ specifier: literal.text, kind, line: line + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function importKind(node) {
  if (ts.isImportDeclaration(node)) return isTypeOnly(node.importClause) ? 'type' : 'static'
  if (ts.isExportDeclaration(node)) return node.isTypeOnly ? 'type' : 'static'
  if (ts.isImportTypeNode(node)) return 'type'
  if (ts.isImportEqualsDeclaration(node)) return 'static'
  return ts.isCallExpression(node) && isLoading(node.expression) ? 'dynamic' : null
}

/** Under verbatimModuleSyntax only the keyword before the braces removes an import. */
const isTypeOnly = (clause) => clause?.phaseModifier === ts.SyntaxKind.TypeKeyword

const isLoading = (callee) =>
  callee.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(callee) && callee.text === 'require')

function moduleOf(node) {
  if (ts.isImportTypeNode(node)) return node.argument.literal
  if (ts.isImportEqualsDeclaration(node)) return node.moduleReference.expression
  return node.moduleSpecifier ?? node.arguments?.[0]
}

/** The package that an import comes from: `@scope/name/sub` → `@scope/name`. */
export const packageName = (specifier) =>
  specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
