/**
 * `npm run build`: generates what is generated, removes output whose source is gone (a renamed test would
 * go on running, a renamed module would be published), and compiles every workspace with `tsc -b`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { generateMigrations } from './generate-migrations.mjs'
import { isMain, readJson, repositoryRoot, toolArguments } from './repository.mjs'

const outputForm = /\.(?:d\.ts|js)(?:\.map)?$/

/** Removes compiled files of the workspace in `folder` that no source makes any more; returns their paths. */
export function removeOrphans(folder) {
  const dist = join(folder, 'dist')
  if (!existsSync(dist)) return []
  const orphans = readdirSync(dist, { recursive: true })
    .filter((path) => outputForm.test(path))
    .filter((path) =>
      ['.ts', '.tsx'].every(
        (end) => !existsSync(join(folder, 'src', path.replace(outputForm, end))),
      ),
    )
    .map((path) => join(dist, path))
  for (const path of orphans) rmSync(path)
  return orphans
}

/** Whether a workspace of `root` was never built, which takes long: its build leaves a file for the next one. */
export function isFirstBuild(root) {
  const { references } = readJson(join(root, 'tsconfig.json'))
  return references
    .filter(({ path }) => !path.endsWith('.json'))
    .some(({ path }) => !existsSync(join(root, path, 'dist/.tsbuildinfo')))
}

/** The status of `tsc -b` at `root`, which prints its own errors. */
export function build(root) {
  generateMigrations(root)
  const { references } = readJson(join(root, 'tsconfig.json'))
  for (const { path } of references) if (!path.endsWith('.json')) removeOrphans(join(root, path))
  return spawnSync(process.execPath, toolArguments('tsc', '-b'), { cwd: root, stdio: 'inherit' })
    .status
}

if (isMain(import.meta.url)) process.exitCode = build(repositoryRoot) ?? 1
