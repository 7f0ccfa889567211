/**
 * `npm run mutate [-- WORD…]`: proves that the security tests can fail. In a copy of this repository each guard of
 * mutations/ is weakened alone, and the tests that are named with it must notice. WORDs choose mutations by their
 * file or what they weaken. The copy is built once; of each mutation only the changed file is compiled again, without its types.
 * Ends with 1 when one of them survives.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { build } from './build.mjs'
import { authMutations } from './mutations/auth.mjs'
import { transportMutations } from './mutations/auth-transport.mjs'
import { authjsMutations } from './mutations/authjs.mjs'
import { commandMutations } from './mutations/command.mjs'
import { createMutations } from './mutations/create.mjs'
import { definitionMutations } from './mutations/definitions.mjs'
import { importedSessionMutations } from './mutations/imported-sessions.mjs'
import { laterImportMutations } from './mutations/later-imports.mjs'
import { movingFactorMutations } from './mutations/moving-factors.mjs'
import { sourceMutations } from './mutations/sources.mjs'
import { storageMutations } from './mutations/storage.mjs'
import { storageSecondFactorMutations } from './mutations/storage-second-factors.mjs'
import { telemetryMutations } from './mutations/telemetry.mjs'
import { testingMutations } from './mutations/testing.mjs'
import { webappMutations } from './mutations/webapp.mjs'
import { isMain, listFiles, repositoryRoot } from './repository.mjs'

export const mutations = [
  ...storageMutations,
  ...storageSecondFactorMutations,
  ...authMutations,
  ...transportMutations,
  ...webappMutations,
  ...commandMutations,
  ...importedSessionMutations,
  ...laterImportMutations,
  ...sourceMutations,
  ...telemetryMutations,
  ...authjsMutations,
  ...createMutations,
  ...definitionMutations,
  ...movingFactorMutations,
  ...testingMutations,
]

/** The text with the guard weakened. @throws Error when the guard does not stand there exactly once */
export function weaken(text, { file, from, to, weakens }) {
  const parts = text.split(from)
  if (parts.length !== 2)
    throw new Error(`${file}: the guard of "${weakens}" stands there ${parts.length - 1} times`)
  return parts.join(to)
}

/** A copy with what it was installed with, so that nothing here is touched. */
function copyRepository() {
  const root = mkdtempSync(join(tmpdir(), 'torii-mutate-'))
  for (const path of [...listFiles(repositoryRoot), 'node_modules'])
    cpSync(join(repositoryRoot, path), join(root, path), {
      recursive: true,
      verbatimSymlinks: true,
    })
  return root
}

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  jsx: ts.JsxEmit.ReactJSX,
  jsxImportSource: 'hono/jsx',
}

/** Compiles one source of the copy, which `tsc -b` has compiled before. */
function compile(root, file, text) {
  const compiled = join(root, file.replace('/src/', '/dist/').replace(/\.tsx?$/, '.js'))
  if (!existsSync(compiled)) throw new Error(`${file} is not compiled to ${compiled}`)
  const { outputText } = ts.transpileModule(text, { fileName: file, compilerOptions })
  writeFileSync(compiled, outputText)
}

/** `killed` and the first test that failed, `survived` when none did, else what was printed. */
function runTests(root, { tests }) {
  const run = [join(root, 'testing/dist/run.js'), ...tests]
  const { status, stdout, stderr } = spawnSync(process.execPath, run, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0 && /^tests: [1-9]\d* passed, 0 failed/m.test(stdout))
    return { word: 'survived', detail: '' }
  const failed = /^FAIL {2}\S+\/(\S+\.test\.ts: .+)$/m.exec(stdout)
  if (status !== 0 && failed !== null) return { word: 'killed', detail: ` (${failed[1]})` }
  return { word: 'unknown', detail: `: ${(stdout + stderr).slice(-2000)}` }
}

function main(words) {
  const chosen = mutations.filter(
    ({ file, weakens }) =>
      words.length === 0 || words.some((word) => file.includes(word) || weakens.includes(word)),
  )
  const root = copyRepository()
  const alive = []
  try {
    if (build(root) !== 0) throw new Error('the copy does not compile')
    for (const mutation of chosen) {
      const text = readFileSync(join(root, mutation.file), 'utf8')
      compile(root, mutation.file, weaken(text, mutation))
      const verdict = runTests(root, mutation)
      compile(root, mutation.file, text)
      if (verdict.word !== 'killed') alive.push(mutation)
      const { file, weakens } = mutation
      console.log(`${verdict.word.padEnd(8)}  ${file}: ${weakens}${verdict.detail}`)
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  console.log(
    `mutations: ${chosen.length - alive.length} killed, ${alive.length} not, of ${chosen.length}`,
  )
  return alive.length === 0 && chosen.length > 0 ? 0 : 1
}

if (isMain(import.meta.url)) process.exitCode = main(process.argv.slice(2))
