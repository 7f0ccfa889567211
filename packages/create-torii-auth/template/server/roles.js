import { requireUser, userOf } from 'torii-auth/express'

export const roles = ['member', 'owner']

/** The application's own table, beside those of Torii. A role is deleted with its account. */
export async function createRolesTable(tx) {
  await tx.query('create schema if not exists app')
  await tx.query(`
    create table if not exists app.roles (
      user_id uuid primary key references torii.users on delete cascade,
      role text not null check (role in ('member', 'owner'))
    )`)
}

/** Makes the first user the owner and others members, in the transaction that creates the account. */
export async function giveFirstRole(tx, user) {
  // Two first users at the same moment: the second waits until the first is there.
  await tx.query('lock table app.roles in share row exclusive mode')
  await tx.query(
    `insert into app.roles (user_id, role)
     select $1, case when exists (select 1 from app.roles) then 'member' else 'owner' end`,
    [user.id],
  )
}

export async function roleOf(storage, user) {
  const { rows } = await storage.transaction((tx) =>
    tx.query('select role from app.roles where user_id = $1', [user.id]),
  )
  return rows[0]?.role ?? 'member'
}

/** Every user with a role, the oldest first. */
export async function listUsers(storage) {
  const { rows } = await storage.transaction((tx) =>
    tx.query(`
      select u.id, u.email, u.name, r.role
      from app.roles r join torii.users u on u.id = r.user_id
      order by u.created_at, u.id limit 100`),
  )
  return rows
}

/** False when there is no such user. */
export async function setRole(storage, userId, role) {
  const { rows } = await storage.transaction((tx) =>
    tx.query('update app.roles set role = $2 where user_id::text = $1 returning role', [
      userId,
      role,
    ]),
  )
  return rows.length === 1
}

/** Middleware that answers 401 without a session, and 403 with another role. */
export const requireRole = ({ auth, storage }, role) => [
  requireUser(auth),
  async (request, response, next) => {
    if ((await roleOf(storage, userOf(request))) === role) return next()
    response.status(403).json({ error: 'role_required', message: `Only an ${role} may do this.` })
  },
]
