import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { beforeAll, describe, test } from 'vitest'
import { runHere } from '../command/terminal.test.support.js'
import { PostgresStorage } from '../index.js'
import { camelCase, modelName } from './definition-text.js'
import { definitionLibraries } from './definitions.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})

const say = (words: readonly string[], url = database.url) =>
  runHere(['schema', ...words], { DATABASE_URL: url })

/** What the command prints for a library. */
async function printed(library: string, url = database.url, schema = 'torii') {
  const call = JSON.stringify([library, url, schema])
  const known = texts.get(call)
  if (known !== undefined) return known
  const { status, stdout, stderr } = await say(['--for', library, '--schema', schema], url)
  assert.deepEqual([status, stderr], [0, ''], stderr)
  texts.set(call, stdout)
  return stdout
}

const texts = new Map<string, string>()

/** Columns of the live schema, by table; a table without any is left out. */
async function columnsOf(db: TestDatabase, schema: string): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ table: string; columns: string[] }>(
    `select table_name as table, json_agg(column_name order by ordinal_position) as columns
     from information_schema.columns where table_schema = $1 group by table_name order by table_name collate "C"`,
    [schema],
  )
  return new Map(rows.map(({ table, columns }) => [table, columns]))
}

/** The bodies of the definitions of a text, by the name behind `start`. */
const bodies = (text: string, start: RegExp, end: string) =>
  new Map(
    [...text.matchAll(start)].map((match) => [
      match[1] ?? '',
      text.slice(match.index + match[0].length, text.indexOf(end, match.index)),
    ]),
  )
const namesIn = (body: string | undefined, form: RegExp) =>
  [...(body ?? '').matchAll(form)].map(([, name = '']) => name)

describe('the definitions have exactly the columns of the live schema', () => {
  test('for Drizzle', async () => {
    const found = bodies(
      await printed('drizzle'),
      /^export const \w+ = torii\.table\('(\w+)', \{$/gm,
      '\n}',
    )
    for (const [table, columns] of await columnsOf(database, 'torii')) {
      const own = namesIn(found.get(table), /^ {2}\w+: (?:pg\.\w+|bytea)\('(\w+)'/gm)
      assert.deepEqual(own, columns, table)
      const names = namesIn(found.get(table), /^ {2}(\w+): /gm)
      assert.deepEqual(names, columns.map(camelCase))
      found.delete(table)
    }
    assert.equal(found.size, 0)
  })

  test('for Kysely', async () => {
    const text = await printed('kysely')
    const found = bodies(text, /^export interface (\w+) \{$/gm, '\n}')
    const tables = await columnsOf(database, 'torii')
    assert.deepEqual(namesIn(found.get('ToriiDatabase'), /^ {2}'torii\.(\w+)': /gm), [
      ...tables.keys(),
    ])
    for (const [table, columns] of tables)
      assert.deepEqual(namesIn(found.get(modelName(table)), /^ {2}(\w+): Owned</gm), columns, table)
    assert.equal(found.size, tables.size + 1)
  })

  test('for Prisma', async () => {
    const found = bodies(await printed('prisma'), /^model (\w+) \{$/gm, '\n}')
    for (const [table, columns] of await columnsOf(database, 'torii')) {
      const body = found.get(modelName(table)) ?? assert.fail(table)
      assert.ok(body.includes(`\n  @@map("${table}")\n  @@schema("torii")`), table)
      const fields = [...body.matchAll(/^ {2}(\w+) (?!Torii)\w.*$/gm)].map(
        ([line, name = '']) => /@map\("(\w+)"\)/.exec(line)?.[1] ?? name,
      )
      assert.deepEqual(fields, columns, table)
      found.delete(modelName(table))
    }
    assert.equal(found.size, 0)
  })
})

test('columns with secrets stay, and are marked as owned by Torii', async () => {
  const mark = 'Owned by Torii: neither read nor write it.'
  const drizzle = await printed('drizzle')
  const { rows } = await database.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = 'torii' and data_type = 'bytea'`,
  )
  assert.ok(rows.length > 10)
  for (const text of [drizzle, await printed('kysely'), await printed('prisma')]) {
    // The hash of a password is the only secret that is a text.
    assert.equal(text.split(mark).length - 1, rows.length + 1)
    for (const name of ['secret_hash', 'hash', 'tokens', 'public_key'])
      assert.match(
        text,
        new RegExp(
          `${mark}.*(?:\\n {2}///.*)?\\n.*\\b${name}\\b|${mark}.*(?:\\n {2}///.*)?\\n {2}${camelCase(name)}\\b`,
        ),
      )
  }
  assert.ok(
    drizzle.includes(
      `  /** ${mark} SHA-256 of the secret in the token, separated by purpose. */\n  secretHash: bytea('secret_hash').notNull(),`,
    ),
  )
})

test('a table of a later migration is picked up with its types, keys, references and indexes', async () => {
  const own = await testDatabase()
  await own.query(`
    create table torii.later_things (
      id bigint generated always as identity,
      user_id uuid references torii.users (id) on delete set null on update cascade,
      owner_id uuid not null unique references torii.users (id),
      "Odd name" text not null default 'it''s \`\${x}\`',
      doubled int generated always as (length("Odd name") * 2) stored,
      labels text[] not null, shape point, amount numeric(10, 2), seen date, recovery_code text,
      ratio float8 default 0.5, is_on boolean not null default true,
      primary key (id)
    );
    create index later_things_seen on torii.later_things (seen desc, user_id) where is_on;
    create index later_things_lower on torii.later_things (lower(recovery_code));
    alter table torii.later_things add column gone text;
    alter table torii.later_things drop column gone;
    create table torii.later_parts (thing_id bigint references torii.later_things (id) on delete restrict, number int);
    comment on table torii.later_things is 'what comes later /* and */ goes';
    comment on column torii.later_things.seen is E'a note\\nof two lines'`)
  const drizzle = await printed('drizzle', own.url, 'torii')
  for (const line of [
    '/** What comes later /* and * / goes. */',
    "export const laterThings = torii.table('later_things', {",
    "  id: pg.bigint('id', { mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),",
    "  OddName: pg.text('Odd name').notNull().default(sql`'it''s \\`\\${x}\\`'::text`),",
    '  doubled: pg.integer(\'doubled\').generatedAlwaysAs(sql`(length("Odd name") * 2)`),',
    "  labels: pg.text('labels').array().notNull(),",
    '  shape: pg.customType<{ data: unknown }>({ dataType: () => "point" })(\'shape\'),',
    '  /** A note of two lines. */',
    "  /** Owned by Torii: neither read nor write it. */\n  recoveryCode: pg.text('recovery_code'),",
    "  isOn: pg.boolean('is_on').notNull().default(sql`true`),",
    "  pg.primaryKey({ name: 'later_things_pkey', columns: [table.id] }),",
    "  pg.unique('later_things_owner_id_key').on(table.ownerId),",
    "    .onDelete('set null')\n    .onUpdate('cascade'),",
    "      foreignColumns: [laterThings.id],\n    })\n    .onDelete('restrict')\n    .onUpdate('no action'),",
    "  pg.index('later_things_seen').using('btree', table.seen.desc(), table.userId).where(sql`is_on`),",
    "  pg.index('later_things_lower').using('btree', sql`lower(recovery_code)`),",
  ])
    assert.ok(
      drizzle.includes(line),
      `${line}\n${drizzle.slice(drizzle.indexOf('later_things'), 4000)}`,
    )

  assert.ok(!/dropped|gone/.test(drizzle))

  const kysely = await printed('kysely', own.url, 'torii')
  for (const line of [
    "type Owned<Value> = ColumnType<Value, { 'Torii writes this column': never }, never>",
    "  'torii.later_things': ToriiLaterThings",
    "  'Odd name': Owned<string>",
    '  labels: Owned<string[]>',
    '  shape: Owned<unknown>',
    '  amount: Owned<string | null>',
    '  ratio: Owned<number | null>',
  ])
    assert.ok(kysely.includes(`${line}\n`), line)

  const prisma = await printed('prisma', own.url, 'torii')
  for (const line of [
    '  id BigInt @default(autoincrement())',
    '  labels String[]',
    '  shape Unsupported("point")?',
    '  ratio Float? @default(dbgenerated("0.5"))',
    '  isOn Boolean @default(true) @map("is_on")',
    '  user ToriiUsers? @relation("later_things_user_id_fkey", fields: [userId], references: [id], onDelete: SetNull, onUpdate: Cascade, map: "later_things_user_id_fkey")',
    '  @@unique([ownerId], map: "later_things_owner_id_key")',
    '  // Index later_things_seen of the database cannot be expressed here.',
    '  laterThingsRow ToriiLaterThings[] @relation("later_things_user_id_fkey")',
    '  laterThings ToriiLaterThings? @relation("later_things_owner_id_fkey")',
    '  @@ignore\n  @@map("later_parts")',
  ])
    assert.ok(prisma.includes(`${line}\n`), line)
})

test('another schema, and public, where tables of the application are left out', async () => {
  const own = await testDatabase({ empty: true })
  for (const schema of ['accounts', 'public']) {
    const storage = await PostgresStorage.connect(own.url, { schema })
    await storage.migrate()
    await storage.close()
  }
  await own.query('create table public.customers (id int)')
  const accounts = await printed('drizzle', own.url, 'accounts')
  assert.match(accounts, /^export const torii = pg\.pgSchema\('accounts'\)$/m)
  const inPublic = await printed('drizzle', own.url, 'public')
  assert.match(inPublic, /^export const users = pg\.pgTable\('users', \{$/m)
  assert.ok(!inPublic.includes('pgSchema') && !inPublic.includes('customers'))
  const kysely = await printed('kysely', own.url, 'accounts')
  assert.match(kysely, /^ {2}'accounts\.users': ToriiUsers$/m)
  const prisma = await printed('prisma', own.url, 'accounts')
  assert.ok(prisma.includes('@@schema("accounts")') && !prisma.includes('"torii"'))
})

test('the embedded engine prints what the server prints', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'torii-definitions-'))
  try {
    const url = `pglite:${join(folder, 'data')}`
    assert.equal((await runHere(['migrate'], { DATABASE_URL: url })).status, 0)
    for (const library of definitionLibraries) {
      const { stdout } = await say(['--for', library], url)
      assert.equal(withoutIdDefault(stdout), withoutIdDefault(await printed(library)))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** On PostgreSQL 12 it comes from an extension, or there is none. */
const withoutIdDefault = (text: string) =>
  text.replaceAll(
    /\.default\(sql`[^`]*uuid\w*\(\)`\)| @default\(dbgenerated\("[^"]*uuid\w*\(\)"\)\)/g,
    '',
  )

test('wrong usage: an unknown library, none, and a database that is not migrated', async () => {
  const unknown = await say(['--for', 'drizle'])
  assert.deepEqual([unknown.status, unknown.stdout], [2, ''])
  assert.match(
    unknown.stderr,
    /^--for must be one of drizzle, prisma, kysely; did you mean drizzle\?\n/,
  )
  assert.match((await say([])).stderr, /^schema needs --for LIBRARY\n/)
  const empty = await testDatabase({ empty: true })
  const pending = await say(['--for', 'kysely'], empty.url)
  assert.deepEqual([pending.status, pending.stdout], [3, ''])
  assert.match(
    pending.stderr,
    /^ERR_SCHEMA_OUTDATED: schema torii is at version 0 of \d+: run "npx torii-storage-postgres migrate" first\n/,
  )
  const changed = await testDatabase()
  await changed.query(`update torii.torii_migrations set checksum = repeat('0', 64) where id = 1`)
  assert.equal((await say(['--for', 'kysely'], changed.url)).status, 3)
})

test('--json holds the same text', async () => {
  for (const library of definitionLibraries) {
    const { stdout } = await say(['--for', library, '--json'])
    const answer = JSON.parse(stdout)
    assert.deepEqual([answer.schema, answer.for], ['torii', library])
    assert.equal(`${answer.definitions}`.trimEnd(), (await printed(library)).trimEnd())
  }
})
