/**
 * No promise is left floating, judged by the compiler's own types. Biome's rule of the same purpose gives
 * its answer in the editor, but misses overloaded functions such as `query` of pg's pools and clients.
 */
import { join, relative } from 'node:path'
import ts from 'typescript'
import { listFiles, readJson } from '../repository.mjs'

export const name = 'promises'
export const needsBuild = true

export function check(root) {
  const files = listFiles(root).filter((path) => /\/src\/.*\.tsx?$/.test(path))
  const { compilerOptions } = readJson(join(root, 'tsconfig.base.json'))
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root)
  const program = ts.createProgram(
    files.map((path) => join(root, path)),
    { ...options, composite: false, incremental: false, noEmit: true },
  )
  const checker = program.getTypeChecker()
  return files.flatMap((path) => {
    const source = program.getSourceFile(join(root, path))
    return floatingIn(source, checker).map((node) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      return `${relative(root, source.fileName)}:${line + 1}: floating promise: await it, or say void`
    })
  })
}

function floatingIn(source, checker) {
  const found = []
  const visit = (node) => {
    if (ts.isExpressionStatement(node) && isFloating(node.expression, checker)) found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isFloating(expression, checker) {
  if (ts.isBinaryExpression(expression) && isAssignment(expression.operatorToken.kind)) return false
  const type = checker.getTypeAtLocation(expression)
  const parts = type.isUnion() ? type.types : [type]
  return parts.some((part) => part.getProperty('then')) && !isHandled(expression)
}

const isAssignment = (kind) =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment

/** `.catch(f)` and `.then(f, g)` handle a rejection. */
function isHandled(expression) {
  if (!ts.isCallExpression(expression)) return false
  const { expression: callee, arguments: given } = expression
  const method = ts.isPropertyAccessExpression(callee) ? callee.name.text : ''
  return (method === 'catch' && given.length > 0) || (method === 'then' && given.length > 1)
}
