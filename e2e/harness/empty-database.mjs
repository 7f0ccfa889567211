/** Empty embedded databases. To create one takes seconds of CPU time, to copy one does not. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'

let template

/** Makes an empty database in a folder that does not exist yet. */
export async function makeEmptyDatabase(folder) {
  template ??= createTemplate()
  await cp(await template, folder, { recursive: true })
}

async function createTemplate() {
  const folder = await mkdtemp(join(tmpdir(), 'torii-e2e-empty-'))
  const database = await PGlite.create(folder)
  await database.close()
  return folder
}

/** Deletes what the copies were made from. */
export async function removeEmptyDatabase() {
  if (template !== undefined) await rm(await template, { recursive: true, force: true })
}
