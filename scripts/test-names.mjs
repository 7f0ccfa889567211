/** The names of the tests in our sources: what `test`, `describe` and the conformance's `promise` are called with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles } from './repository.mjs'

const testFiles =
  /\.test\.(?:ts|mjs)$|\.test\.support\.ts$|\/src\/conformance\/[^/]+\.ts$|^e2e\/.*\.ts$/
const naming = new Set(['describe', 'it', 'promise', 'test'])

/** Every named test below `root`: `{ path, name }[]`, in the order of the files. */
export const findTests = (root) =>
  listFiles(root)
    .filter((path) => testFiles.test(path))
    .flatMap((path) => namesIn(path, readFileSync(join(root, path), 'utf8')))

/** What a template puts in stands as `…`. */
function namesIn(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false)
  const found = []
  const visit = (node) => {
    if (ts.isCallExpression(node) && naming.has(node.expression.text)) {
      const name = nameOf(node.arguments[0])
      if (name !== null) found.push({ path, name })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function nameOf(argument) {
  if (argument === undefined) return null
  if (ts.isStringLiteral(argument) || ts.isNoSubstitutionTemplateLiteral(argument))
    return argument.text
  if (!ts.isTemplateExpression(argument)) return null
  return (
    argument.head.text + argument.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
  )
}
