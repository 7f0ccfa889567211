/**
 * `npm run authjs:suite -- PATH`: runs the adapter suite of the Auth.js repository on torii-authjs. PATH, or AUTHJS_REPOSITORY, is
 * a clone of that repository, with or without a work tree. The suite is not on npm and is no part of this repository: it is
 * read into the ignored folder packages/authjs/suite for this run. Without a path it says so and runs nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { repositoryRoot } from './repository.mjs'

const file = 'packages/utils/adapter.ts'
const folder = join(repositoryRoot, 'packages/authjs/suite')

const path = process.argv[2] ?? process.env.AUTHJS_REPOSITORY
if (path === undefined || path === '') {
  console.log(
    'skipped  the adapter suite of Auth.js: pass the path of a clone of the Auth.js repository, or set AUTHJS_REPOSITORY',
  )
} else if (!existsSync(path)) {
  console.error(`${path} does not exist: pass the path of a clone of the Auth.js repository`)
  process.exitCode = 2
} else {
  process.exitCode = runSuite(readSuite(path))
}

function readSuite(repository) {
  const plain = join(repository, file)
  if (existsSync(plain)) return readFileSync(plain, 'utf8')
  return execFileSync('git', ['-C', repository, 'show', `HEAD:${file}`], { encoding: 'utf8' })
}

function runSuite(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  mkdirSync(folder, { recursive: true })
  try {
    writeFileSync(join(folder, 'adapter.js'), outputText)
    const args = ['scripts/built.mjs', 'testing/dist/run.js', 'authjs-suite']
    return spawnSync(process.execPath, args, { cwd: repositoryRoot, stdio: 'inherit' }).status ?? 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
