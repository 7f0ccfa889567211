import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Statement } from '../sql/statement.js'
import { createTables } from '../tables/tables.js'

/** The compiled files of the product below `src`, tests left out. */
export const productFiles: readonly URL[] = listProductFiles()

function listProductFiles(): URL[] {
  const root = new URL('../', import.meta.url)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?!test\/)(?:[a-z-]+\/)*[a-z-]+(?:\.generated)?\.js$/.test(path))
    .map((path) => new URL(path, root))
}

/** Tables and statements that the registry held when this was last looked at; fewer means that the tests have gone blind. */
const atLeast = { tables: 14, statements: 120 }

/** Every statement of the product, in the schema torii. */
export function everyStatement(): Statement[] {
  const tables = Object.values(createTables('"torii"').statements)
  const found = tables.flatMap((statements) => Object.values(statements))
  assert.ok(
    tables.length >= atLeast.tables && found.length >= atLeast.statements,
    `${tables.length} tables with ${found.length} statements, at least ${atLeast.tables} with ${atLeast.statements} expected`,
  )
  return found
}
