/**
 * Finds the tests in our sources and the ids in their names. `T1.1` is an attack, `R1.1` a race, `V3.3.1` a
 * requirement of the OWASP ASVS.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles } from './repository.mjs'

const testFiles =
  /\.test\.(?:ts|mjs)$|\.test\.support\.ts$|^packages\/conformance\/src\/.*\.ts$|^e2e\/.*\.ts$/
const cases = new Set(['it', 'promise', 'test'])
const modifiers = new Set(['concurrent', 'each', 'runIf', 'sequential', 'skip', 'skipIf', 'todo'])

/**
 * Returns every test below `root` as `{ path, name }`, in the order of the files. A test inside a `describe` is named
 * `suite › test`. A number that a constant at the top of the file puts into a name is filled in; every other value
 * is `…`.
 */
export const findTests = (root) =>
  listFiles(root)
    .filter((path) => testFiles.test(path))
    .flatMap((path) => namesIn(path, readFileSync(join(root, path), 'utf8')))

/** Groups tests by the ids that match `pattern` in their names: `Map<id, test[]>`. */
export function testsById(tests, pattern) {
  const found = new Map()
  for (const test of tests)
    for (const id of new Set([...test.name.matchAll(pattern)].map(([id]) => id)))
      found.set(id, [...(found.get(id) ?? []), test])
  return found
}

/** Returns a problem for each test whose id is not in `known`. */
export const unknownIds = (found, known) =>
  [...found].flatMap(([id, tests]) =>
    known.has(id)
      ? []
      : tests.map(({ path, name }) => `${path}: "${name}" names ${id}, which is not listed`),
  )

function namesIn(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false)
  const numbers = numbersIn(source)
  const found = []
  const visit = (node, suite) => {
    const called = ts.isCallExpression(node) ? rootOf(node.expression) : undefined
    if (called !== 'describe' && !cases.has(called))
      return ts.forEachChild(node, (child) => visit(child, suite))
    const name = suite + nameOf(node.arguments[0], numbers)
    const before = found.length
    for (const argument of node.arguments) visit(argument, `${name} › `)
    if (found.length === before) found.push({ path, name })
  }
  visit(source, '')
  return found
}

/** `test` of `test(…)`, `test.skip(…)` and `test.skipIf(…)(…)`. */
function rootOf(expression) {
  if (ts.isIdentifier(expression)) return expression.text
  if (ts.isCallExpression(expression)) return rootOf(expression.expression)
  const isModified =
    ts.isPropertyAccessExpression(expression) && modifiers.has(expression.name.text)
  return isModified ? rootOf(expression.expression) : undefined
}

function nameOf(argument, numbers) {
  if (argument === undefined) return '…'
  if (ts.isStringLiteral(argument) || ts.isNoSubstitutionTemplateLiteral(argument))
    return argument.text
  if (!ts.isTemplateExpression(argument)) return '…'
  const filled = argument.templateSpans.map(
    ({ expression, literal }) => (numbers.get(expression.text) ?? '…') + literal.text,
  )
  return argument.head.text + filled.join('')
}

/** The numbers that constants at the top of a file hold: `const rounds = 100`. */
function numbersIn(source) {
  const declarations = source.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => [...declarationList.declarations])
  return new Map(
    declarations
      .filter(({ initializer }) => initializer && ts.isNumericLiteral(initializer))
      .map(({ name, initializer }) => [name.text, initializer.text]),
  )
}
