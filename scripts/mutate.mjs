/**
 * `npm run mutate [-- WORD…]`: proves that the security tests can fail. In a copy of this repository each guard of
 * mutations/ is weakened alone, and the tests that are named with it must notice. WORDs choose mutations by their
 * file or what they weaken. Minutes; ends with 1 when one of them survives.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authMutations } from './mutations/auth.mjs'
import { storageMutations } from './mutations/storage.mjs'
import { webappMutations } from './mutations/webapp.mjs'
import { isMain, listFiles, repositoryRoot } from './repository.mjs'

export const mutations = [...storageMutations, ...authMutations, ...webappMutations]

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

/** `killed` when a test failed, `survived` when none did, else what was printed. */
function runTests(root, { tests }) {
  const { status, stdout, stderr } = spawnSync('npm', ['test', '--silent', '--', ...tests], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0 && /^tests: [1-9]\d* passed, 0 failed/m.test(stdout)) return 'survived'
  // A mutation that does not compile ends before any test file does.
  if (status !== 0 && /^FAIL {2}\S+\.test\.ts /m.test(stdout)) return 'killed'
  return `no verdict: ${(stdout + stderr).slice(-2000)}`
}

function main(words) {
  const chosen = mutations.filter(
    ({ file, weakens }) =>
      words.length === 0 || words.some((word) => file.includes(word) || weakens.includes(word)),
  )
  const root = copyRepository()
  const alive = []
  try {
    for (const mutation of chosen) {
      const path = join(root, mutation.file)
      const text = readFileSync(path, 'utf8')
      writeFileSync(path, weaken(text, mutation))
      const verdict = runTests(root, mutation)
      writeFileSync(path, text)
      if (verdict !== 'killed') alive.push(mutation)
      console.log(`${verdict.padEnd(8)}  ${mutation.file}: ${mutation.weakens}`)
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
