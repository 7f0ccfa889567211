import assert from 'node:assert/strict'
import type { CallerTransaction } from 'torii-core'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import * as z from 'zod'
import type { Json, RequestFacts, StandardSchema, ToriiOptions, UserCreation } from '../../index.js'
import { Torii } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  baseUrl,
  goodPassword,
  newEmail,
  openTestSite,
  requestInfo,
} from '../../test/site.test.support.js'

const mailbox = await openMailbox()
const site = await openTestSite()
const { storage, db } = site
await db.query('create table public.companies (user_id uuid, name text, ip text)')

const company = z.strictObject({
  company: z.string().trim().min(1, 'Name your company.'),
  seats: z.coerce.number().int().max(100).default(1),
})

const metadataOf = async (email: string) => {
  const { rows } = await db.query('select metadata from torii.users where email = $1', [email])
  return rows[0]?.metadata
}

const companiesOf = async (name: string) =>
  (await db.query('select user_id, name, ip from public.companies where name = $1', [name])).rows

const withFields = (more: Partial<ToriiOptions> = {}) =>
  site.with({
    signUp: {
      fields: company,
      // The options of the test site have no type for the fields.
      metadata: (fields) => ({ ...(fields as Record<string, Json>) }),
    },
    ...more,
  })

const refusals: readonly (readonly [why: string, fields: unknown, field: string, text: RegExp])[] =
  [
    ['absent', undefined, 'fields.company', /expected string/],
    ['null', null, 'fields.company', /expected string/],
    ['empty', {}, 'fields.company', /expected string/],
    ['a blank one', { company: ' ' }, 'fields.company', /^Name your company\.$/],
    ['one of another type', { company: 'Acme', seats: 'many' }, 'fields.seats', /expected number/],
    ['an unknown one', { company: 'Acme', role: 'admin' }, 'fields', /"role"/],
    ['no object', 'Acme', 'fields', /expected object/],
  ]

for (const [why, fields, field, text] of refusals)
  test(`T10.151 own fields, ${why}: refused with the path and the schema's message, before any hook, count, hash or query`, async () => {
    const torii = withFields({
      hooks: { beforeRegister: () => assert.fail('the fields are validated first') },
      password: { breached: () => assert.fail('no password is judged') },
    })
    const email = newEmail()
    // What JavaScript callers, and JSON, can hand over.
    const input = { email, password: goodPassword, fields: fields as object }
    const { result, statements } = await site.counted(() =>
      torii.password.register(input, requestInfo),
    )
    assert.ok(!result.ok && result.reason === 'fields_rejected', JSON.stringify(result))
    assert.equal(result.problem.field, field)
    assert.match(result.problem.message, text)
    assert.equal(statements, 0)
    assert.equal(await metadataOf(email), undefined)
  })

test('T10.152 own fields, as the schema returns them, become metadata in the commit of the account: two statements', async () => {
  const email = newEmail()
  const fields = { company: ' Acme ', seats: '7' }
  const { result, statements } = await site.counted(() =>
    withFields().password.register({ email, password: goodPassword, fields }, requestInfo),
  )
  assert.ok(result.ok)
  assert.equal(statements, 2)
  assert.deepEqual(result.user.metadata, { company: 'Acme', seats: 7 })
  assert.deepEqual(await metadataOf(email), { company: 'Acme', seats: 7 })
})

test('T10.152 metadata that the application itself gives are stored in place of those of the fields', async () => {
  const email = newEmail()
  const input = { email, password: goodPassword, fields: { company: 'Acme' }, metadata: { own: 1 } }
  assert.ok((await withFields().password.register(input, requestInfo)).ok)
  assert.deepEqual(await metadataOf(email), { own: 1 })
})

test('T10.152 metadata that JSON cannot hold fail the registration before anything is counted', async () => {
  const torii = site.with({
    signUp: { fields: company, metadata: () => ({ at: new Date() }) as unknown as { at: string } },
  })
  const input = { email: newEmail(), password: goodPassword, fields: { company: 'Acme' } }
  const { statements } = await site.counted(() =>
    assert.rejects(
      torii.password.register(input, requestInfo),
      (error) => error instanceof InvalidInputError && error.field === 'metadata',
    ),
  )
  assert.equal(statements, 0)
})

/** A Torii whose hook stores the company of a new user in the application's own table. */
function storingTorii(fails = false) {
  const seen: UserCreation<z.output<typeof company>>[] = []
  const torii = new Torii(storage, {
    baseUrl,
    log: null,
    mailer: mailbox.mailer,
    requireVerifiedEmail: false,
    signUp: { fields: company },
    hooks: {
      async onUserCreated(tx, user, { fields, request, ...creation }) {
        seen.push({ fields, request, ...creation })
        // Typed by the schema: both are what it returns, not what it takes.
        const name: string | undefined = fields?.company
        const seats: number | undefined = fields?.seats
        await tx.query('insert into public.companies values ($1, $2, $3)', [
          user.id,
          `${name} ${seats}`,
          request?.ip ?? null,
        ])
        if (fails) throw new TypeError('the hook failed')
      },
    },
  })
  return { torii, seen }
}

test('T10.153 the hook in the commit receives the fields, typed, and the request', async () => {
  const { torii, seen } = storingTorii()
  const input = { email: newEmail(), password: goodPassword, fields: { company: 'Kept', seats: 3 } }
  const header = (name: string) => (name === 'accept-language' ? 'de' : 'never seen')
  const made = await torii.password.register(input, { ...requestInfo, header })
  assert.ok(made.ok)
  assert.deepEqual(await companiesOf('Kept 3'), [
    { user_id: made.user.id, name: 'Kept 3', ip: requestInfo.ip },
  ])
  const request: RequestFacts = seen[0]?.request ?? assert.fail()
  assert.equal(seen[0]?.method, 'password')
  assert.deepEqual([request.userAgent, request.header('Accept-Language')], ['Test/1.0', 'de'])
  assert.equal(request.header('Cookie'), null)
  assert.deepEqual(await metadataOf(input.email), {})
})

test('T10.153 a hook that fails takes the account, its metadata and its own rows with it', async () => {
  const { torii } = storingTorii(true)
  const input = { email: newEmail(), password: goodPassword, fields: { company: 'Gone' } }
  await assert.rejects(torii.password.register(input, requestInfo), /the hook failed/)
  assert.deepEqual(await companiesOf('Gone 1'), [])
  assert.equal(await metadataOf(input.email), undefined)
})

test('T10.153 a prepared registration carries its fields into the transaction of the application', async () => {
  const { torii, seen } = storingTorii()
  const input = { email: newEmail(), password: goodPassword, fields: { company: 'Prepared' } }
  const prepared = await torii.password.prepare(input, requestInfo)
  assert.ok(prepared.ok)
  assert.deepEqual(prepared.fields, { company: 'Prepared', seats: 1 })
  await storage.transaction(async (tx) => {
    assert.ok((await torii.with(tx).password.register(prepared)).ok)
  })
  assert.deepEqual(
    seen.map(({ fields }) => fields),
    [{ company: 'Prepared', seats: 1 }],
  )
  assert.equal((await companiesOf('Prepared 1')).length, 1)
})

test('T10.154 an account that no form has created has no fields: by link and by administrator', async () => {
  const { torii, seen } = storingTorii()
  const { token } = await torii.magicLink.create({ email: newEmail() })
  assert.ok((await torii.magicLink.authenticate({ token }, requestInfo)).ok)
  assert.ok((await torii.admin.create({ email: newEmail() })).ok)
  assert.deepEqual(
    seen.map(({ method, fields, request }) => [method, fields, request?.ip ?? null]),
    [
      ['magic_link', undefined, requestInfo.ip],
      ['admin', undefined, null],
    ],
  )
})

test('T10.162 where email addresses are verified, fields change nothing about a taken address', async () => {
  const torii = withFields({ mailer: mailbox.mailer, requireVerifiedEmail: true })
  const email = newEmail()
  const register = (name: string) =>
    site.counted(() =>
      torii.password.register(
        { email, password: goodPassword, fields: { company: name } },
        requestInfo,
      ),
    )
  const first = await register('First')
  const second = await register('Second')
  assert.ok(first.result.ok && !second.result.ok)
  assert.equal(second.result.reason, 'email_taken')
  assert.equal(second.statements, first.statements)
  assert.deepEqual(await metadataOf(email), { company: 'First', seats: 1 })
  await torii.settled()
})

test('T10.151 fields without the option are refused, not dropped; null counts as none', async () => {
  const input = { email: newEmail(), password: goodPassword }
  const { statements } = await site.counted(() =>
    assert.rejects(
      site.torii.password.register({ ...input, fields: {} }, requestInfo),
      (error) => error instanceof InvalidInputError && error.field === 'fields',
    ),
  )
  assert.equal(statements, 0)
  assert.ok((await site.torii.password.register({ ...input, fields: null }, requestInfo)).ok)
})

/** A schema of no library, which may answer later; some libraries always do. */
const later = (result: object): StandardSchema<unknown> => ({
  '~standard': { version: 1, vendor: 'test', validate: async () => result as { value: unknown } },
})

test('any schema with Standard Schema 1 works: one that answers later, paths of objects, a function', async () => {
  const register = (fields: StandardSchema<unknown>) =>
    site
      .with({ signUp: { fields } })
      .password.register({ email: newEmail(), password: goodPassword, fields: {} }, requestInfo)
  assert.ok((await register(later({ value: 1 }))).ok)
  const path = [{ key: 'tags' }, 0, { key: 'name' }]
  const refused = await register(later({ issues: [{ message: 'No.', path }, { message: 'B' }] }))
  assert.ok(!refused.ok && refused.reason === 'fields_rejected')
  assert.deepEqual(refused.problem, { field: 'fields.tags.0.name', message: 'No.' })
  const nameless = await register(later({ issues: [] }))
  assert.ok(!nameless.ok && nameless.reason === 'fields_rejected')
  assert.deepEqual(nameless.problem.field, 'fields')
  assert.ok((await register(Object.assign(() => undefined, later({ value: {} })))).ok)
})

test('what is no schema, and metadata without one, are refused at start', () => {
  for (const fields of [{}, 'schema', { '~standard': { version: 2, validate: () => ({}) } }, 42])
    assert.throws(
      () => site.with({ signUp: { fields: fields as never } }),
      (error) => error instanceof InvalidOptionsError && /signUp\.fields/.test(error.message),
    )
  assert.throws(
    () => site.with({ signUp: { metadata: () => ({}) } }),
    /needs the option signUp\.fields/,
  )
})

test('the fields are typed by the schema, in every hook and in the metadata', () => {
  const typed = (tx: CallerTransaction) => tx
  const torii = new Torii(storage, {
    baseUrl,
    log: null,
    signUp: {
      fields: company,
      metadata: ({ company: name, seats }) => ({ name, seats: seats + 1 }),
    },
    hooks: {
      beforeRegister({ fields }) {
        const seats: number = fields.seats
        // @ts-expect-error no such field
        fields.role
        return seats > 50 ? { refuse: 'too_large', message: 'Call our sales team.' } : null
      },
      async onUserCreated(tx, _user, { fields }) {
        typed(tx)
        // @ts-expect-error absent for an account that was not created by a registration
        fields.company
      },
    },
  })
  // Its type is that of any other Torii.
  const plain: Torii = torii
  assert.ok(plain instanceof Torii)
})
