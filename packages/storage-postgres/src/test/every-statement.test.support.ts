import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Statement } from '../sql/db.js'

/** The compiled files of the product below `src`, tests left out. */
export const productFiles: readonly URL[] = listProductFiles()

function listProductFiles(): URL[] {
  const root = new URL('../', import.meta.url)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?!test\/)(?:[a-z-]+\/)*[a-z-]+(?:\.generated)?\.js$/.test(path))
    .map((path) => new URL(path, root))
}

/** Files that exported `statements` when this was last looked at; fewer means that the search has gone blind. */
const atLeast = 12

/** Every statement of every file that exports `statements`, in the schema torii; the search misses none. */
export async function everyStatement(): Promise<Statement[]> {
  const found: Statement[] = []
  let files = 0
  for (const file of productFiles.filter(({ pathname }) => !pathname.endsWith('/cli.js'))) {
    const module: Record<string, unknown> = await import(file.href)
    const { statements } = module
    if (typeof statements !== 'function') continue
    const named: Record<string, Statement> = statements('"torii"')
    found.push(...Object.values(named))
    files += 1
  }
  assert.ok(files >= atLeast, `${files} files with statements, ${atLeast} expected`)
  return found
}
