import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, test } from 'vitest'
import { testDatabase } from './index.js'
import type { Project } from './packed-project.js'
import { createLinkedProject, documentBlock } from './packed-project.js'
import { freePort } from './visit.js'

let project: Project
beforeAll(async () => {
  project = await createLinkedProject()
})
afterAll(() => project.remove())

const compilerOptions = {
  ...{ strict: true, target: 'ES2022', module: 'NodeNext', skipLibCheck: true },
  ...{ noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true },
}

async function compile(source: string) {
  await project.write('roles.ts', source)
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['roles.ts'] }))
  await project.run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'])
}

test('the roles of docs/roles.md let a member, an owner and no one else through, and are typed', async () => {
  const port = await freePort()
  const recipe = await documentBlock('docs/roles.md', 'A separate table', 'ts')
  await assert.rejects(compile(recipe.replace("requireRole('owner')", "requireRole('admin')")))
  await compile(recipe.replaceAll('3000', String(port)))
  const db = await testDatabase({ empty: true })
  const server = spawn(process.execPath, ['roles.js'], {
    cwd: project.folder,
    env: { ...process.env, DATABASE_URL: db.url },
    stdio: 'inherit',
  })
  try {
    const origin = `http://localhost:${port}`
    const send = async (
      path: string,
      { cookie = '', body }: { cookie?: string; body?: object },
    ) => {
      const response = await fetch(origin + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { origin, cookie, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { response, json: (await response.json()) as Record<string, unknown> }
    }
    while (!(await fetch(`${origin}/auth/health`).catch(() => null))?.ok)
      await new Promise((turn) => setTimeout(turn, 20))
    const email = 'ada@example.com'
    const password = 'a gate of two pillars'
    const made = await send('/auth/password/register', { body: { email, password } })
    assert.equal(made.response.status, 201)
    const [cookie = ''] = made.response.headers.getSetCookie()[0]?.split(';') ?? []
    const statusOf = async (path: string, carried = cookie) =>
      (await send(path, { cookie: carried })).response.status
    assert.deepEqual([await statusOf('/articles'), await statusOf('/settings')], [200, 403])
    assert.deepEqual((await send('/settings', { cookie })).json, {
      error: 'role_required',
      roles: ['owner'],
    })
    assert.deepEqual([await statusOf('/articles', ''), await statusOf('/settings', '')], [401, 401])
    await db.query("update app.roles set role = 'owner'")
    assert.deepEqual((await send('/settings', { cookie })).json, { owner: email })
    await db.query('delete from torii.users')
    assert.equal(await statusOf('/settings'), 401)
    assert.deepEqual((await db.query('select 1 from app.roles')).rows, [])
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill()
    await ended
  }
})
