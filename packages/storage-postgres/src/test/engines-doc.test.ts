import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'vitest'

const documentUrl = new URL('../../../../docs/engines.md', import.meta.url)
const sourcesUrl = new URL('../../src/', import.meta.url)

test('every test file that docs/engines.md names exists', () => {
  const text = readFileSync(documentUrl, 'utf8')
  const named = [...text.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, file]) => file)
  const present = new Set(
    readdirSync(sourcesUrl, { recursive: true, encoding: 'utf8' }).map((path) => basename(path)),
  )
  assert.ok(named.length >= 10)
  for (const file of named) assert.ok(present.has(file ?? ''), file)
})
