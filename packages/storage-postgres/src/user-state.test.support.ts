import type { AttemptRefund, SessionKey } from 'torii-core'
import { parseSessionId, tokenHash } from 'torii-core'
import type { Lane } from './held-lock.test.support.js'
import type { Person } from './people.test.support.js'
import { freshAttemptKey, keyOf, newSession, signUp, widePolicy } from './people.test.support.js'
import type { Own } from './user-operations.test.support.js'

/** In what state a round finds its user. */
export type Kind = 'usual' | 'without password' | 'unverified' | 'disabled'

/** The user of one round: two sessions, one of which asks, and attempts counted against it. */
export interface Subject extends Person {
  readonly other: SessionKey
  /** The keys of the attempts, as an operation that gives one back names them. */
  readonly refund: AttemptRefund
}

/** Makes the user of one round; its first session was last used an hour ago. */
export async function newSubject({ aside, query }: Lane, kind: Kind): Promise<Subject> {
  const person = await signUp(aside, {
    emailVerified: kind !== 'unverified',
    password: kind !== 'without password',
  })
  const other = newSession()
  await aside.sessions.open(person.id, other)
  const [account, network] = [freshAttemptKey(), freshAttemptKey()]
  await aside.loginAttempts.charge({
    account: { key: account, policy: widePolicy },
    network: { key: network, policy: widePolicy },
  })
  await query(
    `with aged as (
       update torii.sessions set last_active_at = last_active_at - interval '1 hour'
       where user_id = $1 and id = $2)
     update torii.login_attempts set failures = 5, total = 5 where key in ($3, $4)`,
    [person.id, person.key.id, account, network],
  )
  if (kind === 'disabled') await aside.users.disable(person.id)
  return { ...person, other: keyOf(person.id, other), refund: { account, network } }
}

interface StateRow {
  user: { disabled: boolean; verified: boolean; name: string | null } | null
  claim: string | null
  hash: string | null
  attempts: [number | null, number | null]
  sessions: { id: string; secret: string; touched: boolean }[] | null
}

const stateText = `
  select
    (select json_build_object('disabled', disabled_at is not null,
      'verified', email_verified_at is not null, 'name', name)
      from torii.users where id = $1) as "user",
    (select user_id from torii.user_emails where email_key = $2) as claim,
    (select hash from torii.passwords where user_id = $1) as hash,
    json_build_array((select failures from torii.login_attempts where key = $3),
      (select failures from torii.login_attempts where key = $4)) as attempts,
    (select json_agg(json_build_object('id', id, 'secret', encode(secret_hash, 'hex'),
      'touched', last_active_at > now() - interval '30 minutes'))
      from torii.sessions where user_id = $1) as sessions`

/** Everything that can be noticed of the user, as text: equal texts are equal states. */
export async function stateOf(lane: Lane, subject: Subject, owns: readonly Own[]): Promise<string> {
  const { account, network } = subject.refund
  const values = [subject.id, subject.email, account, network]
  const [row] = await lane.query<StateRow & Record<string, unknown>>(stateText, values)
  if (row === undefined) throw new Error('no state')
  const called = namesOf(subject, owns)
  const nameOf = (value: string | null) =>
    value === null ? 'none' : (called.get(value) ?? 'unknown')
  const live: string[] = []
  for (const { id, secret, touched } of row.sessions ?? []) {
    const key = keyFrom(subject, id, secret)
    if (await lane.aside.sessions.validate(key, { touchSeconds: 60 }))
      live.push(`${nameOf(id)} by ${nameOf(secret)}${touched ? ' touched' : ''}`)
  }
  return [
    row.user === null
      ? `gone${row.sessions === null ? '' : ' LEAVING SESSIONS'}`
      : `${row.user.disabled ? 'disabled' : 'enabled'} ${row.user.verified ? 'verified' : 'unverified'} named ${nameOf(row.user.name)}`,
    `address of ${nameOf(row.claim)}`,
    `password ${nameOf(row.hash)}`,
    `attempts ${row.attempts.join('/')}`,
    `live: ${live.sort().join(', ')}`,
  ].join('; ')
}

function keyFrom(subject: Subject, id: string, secret: string): SessionKey {
  const sessionId = parseSessionId(id)
  if (sessionId === null) throw new Error('not a session id')
  return { userId: subject.id, id: sessionId, secretHash: tokenHash(Buffer.from(secret, 'hex')) }
}

/** Who brought which value. */
function namesOf(subject: Subject, owns: readonly Own[]): Map<string, string> {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const names: [string, string][] = [
    [subject.id, 'subject'],
    [subject.hash.reveal(), 'subject'],
    [subject.key.id, 'asking'],
    [subject.other.id, 'other'],
    [hex(subject.key.secretHash), 'subject'],
    [hex(subject.other.secretHash), 'subject'],
  ]
  for (const { name, session, secretHash, hash, userId } of owns)
    names.push(
      [name, name],
      [userId, name],
      [session.id, `new of ${name}`],
      [hex(session.secretHash), name],
      [hex(secretHash), name],
      [hash.reveal(), name],
    )
  return new Map(names)
}
