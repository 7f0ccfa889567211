import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceSettings } from './source.js'
import { sources } from './sources.js'

/** What a source yields of a database or a file, in its order. */
export async function recordsOf(
  source: string,
  from: string,
  settings: Partial<SourceSettings> = {},
): Promise<readonly (Readonly<Record<string, unknown>> | null)[]> {
  const found = sources.find(({ name }) => name === source) ?? assert.fail(source)
  const { read } = await found.open({
    from,
    schema: null,
    passwordHashes: null,
    columns: new Map(),
    verification: null,
    env: {},
    ...settings,
  })
  const records = []
  for await (const { fields } of read()) records.push(fields)
  return records
}

/** Calls `use` with the path of a file that has this text. */
export async function withFile<Result>(
  text: string,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'torii-source-'))
  try {
    const path = join(folder, 'export')
    await writeFile(path, text)
    return await use(path)
  } finally {
    await rm(folder, { recursive: true })
  }
}
