/**
 * `npm run changeset`: describes a change for the next version, in a file of `.changeset` (see its README). It
 * asks in the terminal.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installOwnPackages } from './own-packages.mjs'
import { isMain, repositoryRoot } from './repository.mjs'

/** What Changesets needs is installed from a separate lock file, since only a contributor who describes a change needs it. */
export const changesetsFolder = join(repositoryRoot, 'scripts/changesets')

if (isMain(import.meta.url)) {
  installOwnPackages(changesetsFolder)
  const bin = join(changesetsFolder, 'node_modules/@changesets/cli/bin.js')
  const { status } = spawnSync(process.execPath, [bin, 'add'], {
    cwd: repositoryRoot,
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}
