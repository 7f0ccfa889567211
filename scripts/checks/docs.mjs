/**
 * The code in our documents compiles. Every `ts` and `js` block is a module of its own under the strict
 * options of tsconfig.base.json (unused names may be; JavaScript may leave parameters without a type).
 * After the language a block may say `continues` (it is joined to the block above) or `ignore: reason`. With
 * `ignore: in PATH` it stands in that file, which is compiled and run where it is.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles, readJson } from '../repository.mjs'
import { readMarkdown } from './markdown.mjs'

export const name = 'docs'
export const needsBuild = true

const documents =
  /^(?:README|SECURITY|CONTRIBUTING)\.md$|^docs\/.*\.md$|^packages\/[^/]+\/README\.md$/
const languages = new Map([
  ['ts', 'ts'],
  ['typescript', 'ts'],
  ['js', 'js'],
  ['javascript', 'js'],
])

export function check(root) {
  const problems = []
  const modules = listFiles(root)
    .filter((path) => documents.test(path))
    .flatMap((path) => modulesOf(root, path, problems))
  return [...problems, ...['ts', 'js'].flatMap((language) => compile(root, language, modules))]
}

/** The modules that the document's blocks make: `{ path, language, lines: { text, line }[] }[]`. */
function modulesOf(root, path, problems) {
  const modules = []
  const text = readFileSync(join(root, path), 'utf8')
  for (const { info, line, lines } of readMarkdown(text).blocks) {
    const [tag = '', ...words] = info.split(/\s+/)
    const language = languages.get(tag)
    const mark = words.join(' ')
    const file = /^ignore: in (\S+)$/.exec(mark)?.[1]
    if (file !== undefined && !standsIn(root, file, lines))
      problems.push(`${path}:${line}: the block does not stand in ${file}`)
    if (language === undefined || /^ignore: \S/.test(mark)) continue
    const numbered = lines.map((content, index) => ({ text: content, line: line + 1 + index }))
    const above = modules.at(-1)
    if (mark === '') modules.push({ path, language, lines: numbered })
    else if (mark === 'continues' && above?.language === language) above.lines.push(...numbered)
    else
      problems.push(
        `${path}:${line}: "${info}": expected "continues" below a block, or "ignore: reason"`,
      )
  }
  return modules
}

const standsIn = (root, file, lines) =>
  existsSync(join(root, file)) &&
  readFileSync(join(root, file), 'utf8').includes(`${lines.join('\n')}\n`)

function compile(root, language, modules) {
  const byFile = new Map(
    modules
      .filter((one) => one.language === language)
      .map((one) => [
        `${join(root, one.path)}.${one.lines[0]?.line ?? 0}.${language}`.replaceAll('\\', '/'),
        one,
      ]),
  )
  const options = compilerOptions(root, language)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (file) => byFile.has(file) || fileExists(file)
  host.readFile = (file) =>
    byFile
      .get(file)
      ?.lines.map(({ text }) => text)
      .join('\n') ?? readFile(file)
  const program = ts.createProgram([...byFile.keys()], options, host)
  return [...byFile].flatMap(([file, { path, lines }]) => {
    const source = program.getSourceFile(file)
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    return found.map(({ start = 0, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start)
      return `${path}:${lines[line]?.line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
}

function compilerOptions(root, language) {
  const { compilerOptions: base } = readJson(join(root, 'tsconfig.base.json'))
  const { options } = ts.convertCompilerOptionsFromJson(base, root)
  const loose = {
    composite: false,
    incremental: false,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  }
  const plain = language === 'js' ? { allowJs: true, checkJs: true, noImplicitAny: false } : {}
  return { ...options, ...loose, ...plain, moduleDetection: ts.ModuleDetectionKind.Force }
}
