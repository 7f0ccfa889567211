import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manifestOf } from './manifest.js'

/** Whether a project was created, or why it was not. */
export type CreateOutcome = { readonly ok: true } | { readonly ok: false; readonly problem: string }

const template = fileURLToPath(new URL('../template', import.meta.url))

/** npm leaves out or renames files with these names when it packs a package. */
const renamed = [
  ['gitignore', '.gitignore'],
  ['env.example', '.env.example'],
] as const

/**
 * Writes the application into the folder, with a new key in its `.env`. A folder that exists must be empty; the `.git` of a
 * repository may be in it.
 */
export async function createProject(folder: string): Promise<CreateOutcome> {
  const problem = await problemOf(folder)
  if (problem !== null) return { ok: false, problem }
  await mkdir(folder, { recursive: true })
  await cp(template, folder, { recursive: true })
  for (const [from, to] of renamed) await rename(join(folder, from), join(folder, to))
  const manifest = await manifestOf(packageName(basename(folder)))
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const environment = `TORII_KEY=${randomBytes(32).toString('base64url')}\n`
  await writeFile(join(folder, '.env'), environment, { mode: 0o600 })
  return { ok: true }
}

async function problemOf(folder: string): Promise<string | null> {
  try {
    const files = (await readdir(folder)).filter((name) => name !== '.git')
    return files.length === 0 ? null : 'the folder is not empty: name another one, or empty it'
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null
    if (code === 'ENOENT') return null
    if (code === 'ENOTDIR') return 'there is a file of this name: name another folder'
    throw error
  }
}

/** A name that npm accepts: that of the folder, as far as it is one. */
export function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name === '' ? 'torii-app' : name.slice(0, 214)
}
