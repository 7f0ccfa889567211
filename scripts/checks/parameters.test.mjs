import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { check } from './parameters.mjs'

const contract = `export interface Service {
  open(id: string, options?: { remember?: boolean }): string
  list(id: string, page: number): string
}
`
const opened = (service) => ({
  'packages/auth/src/service.ts': contract,
  'packages/auth/src/open.ts': `import type { Service } from './service.js'\n${service}`,
})
const problemsOf = (t, service) =>
  check(makeRepository(t, opened(service), { like: ['tsconfig.base.json'], installed: true }))

test('parameters: an implementation that drops an option is reported, as method, arrow and class', (t) => {
  for (const service of [
    "export const service: Service = { open(id) { return id }, list: () => '' }\n",
    "export const service: Service = { open: (id) => id, list: () => '' }\n",
    "export class Own implements Service { open(id: string) { return id }\n  list() { return '' } }\n",
  ]) {
    const problems = problemsOf(t, service)
    assert.equal(problems.length, 1, problems.join())
    assert.match(problems[0], /open\.ts:2: loses the optional parameter options/)
  }
})

test('parameters: all arguments, a rest parameter, no parameter, and a required one that is not used pass', (t) => {
  for (const service of [
    'export const service: Service = { open: (id, options) => id + String(options), list: (id) => id }\n',
    'export const service: Service = { open: (...given) => String(given), list: (id) => id }\n',
    "export const service: Service = { open: () => '', list: () => '' }\n",
  ])
    assert.deepEqual(problemsOf(t, service), [])
})
