/** Small repositories in a temporary folder, for the tests of our checks. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../repository.mjs'

/**
 * Writes `files` (path → text, or data to be written as JSON) into a new folder that goes away after test
 * `t`. `like` names files of this repository to copy; `installed` lends our node_modules.
 */
export function makeRepository(t, files, { like = [], installed = false } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'torii-check-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
    writeFileSync(join(root, path), text)
  }
  for (const path of like) cpSync(join(repositoryRoot, path), join(root, path))
  if (installed)
    symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'), 'junction')
  return root
}
