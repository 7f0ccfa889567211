/**
 * A function takes every optional parameter of the method that it implements. The compiler accepts one that declares fewer
 * parameters, and so loses an option which callers pass: nothing fails, and the option has no effect.
 */
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles, readJson } from '../repository.mjs'

export const name = 'parameters'
export const needsBuild = true

const sourceForm = /^packages\/[^/]+\/src\/.*\.ts$/
const testForm = /\.test\./

export function check(root) {
  const files = listFiles(root).filter((path) => sourceForm.test(path) && !testForm.test(path))
  const { compilerOptions } = readJson(join(root, 'tsconfig.base.json'))
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root)
  const program = ts.createProgram(
    files.map((path) => join(root, path)),
    { ...options, composite: false, incremental: false, noEmit: true },
  )
  const checker = program.getTypeChecker()
  return files.flatMap((path) => {
    const source = program.getSourceFile(join(root, path))
    const problems = []
    const visit = (node) => {
      const lost = lostOptions(node, checker)
      if (lost.length > 0) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart())
        problems.push(
          `${path}:${line + 1}: loses the optional parameter ${lost.join(', ')}: take it, or pass all arguments on by a rest parameter`,
        )
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
    return problems
  })
}

/** The optional parameters that a caller can pass and this function does not take. One without parameters needs none. */
function lostOptions(node, checker) {
  if (!isFunction(node) || node.parameters.length === 0) return []
  if (node.parameters.some(({ dotDotDotToken }) => dotDotDotToken)) return []
  const [signature] = implementedType(node, checker)?.getCallSignatures() ?? []
  return (signature?.parameters ?? [])
    .slice(node.parameters.length)
    .filter(({ valueDeclaration }) => isOptionalHere(valueDeclaration))
    .map((parameter) => parameter.name)
}

const isFunction = (node) =>
  ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isMethodDeclaration(node)

/** The type that the function's place in an object, a call or a class asks for. */
function implementedType(node, checker) {
  if (!ts.isMethodDeclaration(node)) {
    const type = checker.getContextualType(node)
    return type && checker.getNonNullableType(type)
  }
  const { parent } = node
  const owners = ts.isObjectLiteralExpression(parent)
    ? [checker.getContextualType(parent)]
    : (parent.heritageClauses ?? []).flatMap(({ types }) =>
        types.map((type) => checker.getTypeAtLocation(type)),
      )
  const member = owners.map((owner) => owner?.getProperty(node.name.getText())).find(Boolean)
  return member && checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(member, node))
}

/** Options of other people's interfaces are theirs to ignore. */
const isOptionalHere = (declaration) =>
  declaration !== undefined &&
  declaration.questionToken !== undefined &&
  !declaration.getSourceFile().fileName.includes('/node_modules/')
