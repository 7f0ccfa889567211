/** Migrations of a database that is in use, by deployers that are killed. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { builtProduct, patchedProduct } from '../product.mjs'
import { underLoad } from '../world.mjs'

const program = fileURLToPath(new URL('../deployer.mjs', import.meta.url))
const deployers = 3

/** Steps that the next version is to have: each takes a while, so that deployers are killed within. */
const steps = [
  {
    transactional: true,
    sql: 'alter table :schema.users add column faults_1 int not null default 0',
  },
  {
    transactional: false,
    sql: 'create index concurrently if not exists faults_2 on :schema.sessions (user_agent)',
  },
  { transactional: true, sql: 'create index faults_3 on :schema.users (name)' },
  {
    transactional: false,
    sql: 'create index concurrently if not exists faults_4 on :schema.users (picture)',
  },
]

/** The list of migrations in a product. */
const listFile = 'migrate/migrations.generated.js'
const { migrations } = await import(new URL(listFile, builtProduct.storage).href)
const firstAdded = migrations.length + 1
const nextVersion = steps.map(({ transactional, sql }, place) => ({
  id: firstAdded + place,
  name: `faults_${place + 1}`,
  checksum: String(place).repeat(64),
  transactional,
  sql: transactional ? `${sql};\nselect pg_catalog.pg_sleep(0.2);\n` : `${sql};\n`,
}))

/** The next version: the last bracket of the list of migrations, behind more of them. */
const nextVersionPatch = {
  file: listFile,
  from: '    },\n];\n',
  to: `    },\n${nextVersion.map((step) => JSON.stringify(step)).join(',\n')}\n];\n`,
}

export const migrationUnderLoad = {
  name: 'migration-under-load',
  fault: 'deployers of the next version that are killed while the application works',
  small: { seconds: 4, faults: 4, users: 2000 },
  soak: { seconds: 120, faults: 20, users: 200_000 },
  async run(world) {
    const { random } = world
    const { product, remove } = patchedProduct([...world.patches, nextVersionPatch])
    world.defer(remove)
    await fill(world, world.size.users)
    await underLoad(world, { workers: 1 }, async (_, isOver) => {
      while (!isOver()) {
        const group = await Promise.all(
          Array.from({ length: deployers }, () => deploy(world, product)),
        )
        await sleep(random.between(50, 600))
        for (const { child, exited } of group) {
          if (child.exitCode !== null) continue
          await world.inject('killed deployer', async () => {
            child.kill('SIGKILL')
            await exited
          })
        }
        if ((await version(world)) === nextVersion.at(-1).id) await startAgain(world)
      }
      const last = await deploy(world, product)
      const [code] = await last.exited
      if (code !== 0)
        world.violations.push({
          kind: 'migration failed',
          subject: 'last deployer',
          detail: `exit code ${code}`,
        })
      world.violations.push(...(await wrongSchema(world)))
    })
  },
}

/** A deployer that has begun. A failure of one that is not killed is a violation. */
async function deploy(world, product) {
  const child = fork(program)
  const exited = once(child, 'exit')
  exited.then(([code]) => {
    if (code)
      world.violations.push({
        kind: 'migration failed',
        subject: 'deployer',
        detail: `exit code ${code}`,
      })
  })
  const begun = once(child, 'message')
  child.send({ product, url: world.ownerUrl })
  await Promise.race([begun, exited])
  return { child, exited }
}

const version = async ({ query }) =>
  (await query('select max(id)::int as version from torii.torii_migrations'))[0].version

/** Takes the steps back, so that the next deployers have something to do. */
async function startAgain({ query }) {
  await query('drop index if exists torii.faults_2, torii.faults_3, torii.faults_4')
  await query('alter table torii.users drop column if exists faults_1')
  await query('delete from torii.torii_migrations where id >= $1', [firstAdded])
}

async function wrongSchema({ query }) {
  const applied = await query(
    'select id::int from torii.torii_migrations where id >= $1 order by 1',
    [firstAdded],
  )
  const invalid = await query(
    `select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
     join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'torii' and not i.indisvalid`,
  )
  const ids = applied.map(({ id }) => id).join(' ')
  const wanted = nextVersion.map(({ id }) => id).join(' ')
  return [
    ...(ids === wanted
      ? []
      : [
          { kind: 'migration failed', subject: 'history', detail: `applied ${ids}, not ${wanted}` },
        ]),
    ...invalid.map(({ relname }) => ({
      kind: 'migration failed',
      subject: relname,
      detail: 'an index is invalid',
    })),
  ]
}

async function fill({ query }, users) {
  await query(
    `insert into torii.users (id, email, email_key)
     select gen_random_uuid(), 'm' || n || '@example.com', 'm' || n || '@example.com' from generate_series(1, $1::int) n`,
    [users],
  )
  await query(
    `insert into torii.user_emails (email_key, user_id) select email_key, id from torii.users
     on conflict do nothing`,
  )
  await query(
    `insert into torii.sessions (user_id, id, secret_hash, epoch, methods, user_agent, expires_at, absolute_expires_at)
     select id, gen_random_uuid(), sha256(uuid_send(id)), 0, '{password}', 'filler', now() + interval '7 days', now() + interval '30 days'
     from torii.users, generate_series(1, 3) where email_key like 'm%'`,
  )
}
