import assert from 'node:assert/strict'
import type { VerificationPurpose } from 'torii-core'
import { createTables } from '../../tables/tables.js'
import type { CallerInput, Fixture, Observer } from './fixture.test.support.js'
import { idOf } from './fixture.test.support.js'

export interface StateRow {
  user: { disabled: boolean; verified: boolean; name: string | null; email: string } | null
  claims: { of: string; by: string }[]
  hash: string | null
  attempts: [number | null, number | null]
  sessions: { user: string; id: string; secret: string; touched: boolean; level: number | null }[]
  imported: { of: string; used: boolean }[]
  links: { for: string; secret: string; tries: number }[]
  tokens: { purpose: VerificationPurpose; secret: string }[]
  accounts: { id: string; replaced: boolean; leased: boolean }[]
  passkeys: { id: string; name: string; count: number }[]
  challenges: { hash: string; for: string }[]
  factor: {
    on: boolean
    required: boolean
    step: number | null
    generation: number | null
    codes: number
  } | null
  pending: { id: string; tries: number; challenge: string | null }[]
  enrollments: { secret: string; tries: number }[]
  trusted: { secret: string; used: boolean }[]
}

/** What `select` selects, as a JSON array. */
const list = (select: string) =>
  `(select coalesce(json_agg(found), '[]'::json) from (${select}) as found)`

const { statements } = createTables('"torii"')

/**
 * Whether the reader finds something: its own statement, with SQL for each parameter. Counted, because `exists` would be planned as a
 * join of whole tables.
 */
function finds(repository: string, name: string, given: Readonly<Record<string, string>>): string {
  const reader = statements[repository]?.[name]
  assert.equal(reader?.kind, 'read')
  assert.deepEqual(reader.parameters.map((one) => one.name).sort(), Object.keys(given).sort())
  const place = (_: string, number: string) =>
    given[reader.parameters[Number(number) - 1]?.name ?? ''] ?? ''
  return `(select count(*) from (${reader.text.replace(/\$(\d+)/g, place)}) as found) = 1`
}

// Of sessions, links and tokens the rows that can still be used: a reader decides, not the row's presence.
const stateText = `
  select
    (select json_build_object('disabled', disabled_at is not null,
      'verified', email_verified_at is not null, 'name', name, 'email', email)
      from torii.users where id = $1) as "user",
    ${list('select email_key as of, user_id as by from torii.user_emails where email_key = any ($2::text[])')} as claims,
    (select hash from torii.passwords p join torii.users u on u.id = p.user_id
      where p.user_id = $1 and p.owner_epoch = u.owner_epoch) as hash,
    json_build_array((select failures from torii.rate_limits where key = $3),
      (select failures from torii.rate_limits where key = $4)) as attempts,
    ${list(`select user_id as user, id, encode(secret_hash, 'hex') as secret,
      last_active_at > now() - interval '30 minutes' as touched, level
      from torii.sessions given where (user_id = $1 or user_id = any ($5::uuid[]))
        and ${finds('sessions', 'validate', { userId: 'given.user_id', sessionId: 'given.id', secretHash: 'given.secret_hash', touchSeconds: '60', recentSeconds: 'null' })}`)} as sessions,
    ${list(`select encode(i.key, 'hex') as of, i.used_at is not null as used
      from torii.imported_sessions i join torii.users u on u.id = i.user_id
      where i.user_id = $1 and i.session_epoch = u.session_epoch and u.disabled_at is null`)} as imported,
    ${list(`select email_key as for, encode(token_hash, 'hex') as secret, tries
      from torii.magic_links given where email_key = any ($2::text[])
        and ${finds('magicLinks', 'find', { linkId: idOf('given.token_hash'), linkHash: 'given.token_hash' })}`)} as links,
    ${list(`select purpose, encode(secret_hash, 'hex') as secret
      from torii.verification_tokens given where user_id = $1
        and ${finds('verificationTokens', 'find', { linkId: idOf('given.secret_hash'), userId: '$1', secretHash: 'given.secret_hash', purpose: 'given.purpose' })}`)} as tokens,
    ${list(`select a.id, a.tokens_version > 0 as replaced, a.refresh_lease_ends_at > now() as leased
      from torii.oauth_accounts a join torii.users u on u.id = a.user_id
      where a.user_id = $1 and a.owner_epoch = u.owner_epoch`)} as accounts,
    ${list(`select k.id, k.name, k.sign_count as count
      from torii.passkeys k join torii.users u on u.id = k.user_id
      where k.user_id = $1 and k.owner_epoch = u.owner_epoch`)} as passkeys,
    ${list(`select encode(challenge_hash, 'hex') as hash, user_id as for
      from torii.passkey_challenges where challenge_hash = any ($6::bytea[])`)} as challenges,
    (select json_build_object('on', coalesce(u.second_factor_epoch = u.owner_epoch, false),
      'required', u.second_factor_required_at is not null, 'step', f.last_step,
      'generation', f.recovery_generation, 'codes', (select count(*) from torii.recovery_codes c
        where c.user_id = u.id and c.generation = f.recovery_generation))
      from torii.users u left join torii.totp_factors f on f.user_id = u.id where u.id = $1) as factor,
    ${list(`select p.id, p.tries, encode(p.passkey_challenge_hash, 'hex') as challenge from torii.pending_sign_ins p join torii.users u on u.id = p.user_id
      where p.user_id = $1 and p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch
        and (u.second_factor_epoch = u.owner_epoch) is distinct from p.enrolls and u.disabled_at is null`)} as pending,
    ${list(`select encode(e.secret, 'hex') as secret, e.tries
      from torii.totp_enrollments e join torii.users u on u.id = e.user_id
      where e.user_id = $1 and e.session_epoch = u.session_epoch and e.owner_epoch = u.owner_epoch`)} as enrollments,
    ${list(`select encode(t.secret_hash, 'hex') as secret, t.last_used_at is not null as used
      from torii.trusted_browsers t join torii.users u on u.id = t.user_id
      where t.user_id = $1 and t.session_epoch = u.session_epoch and u.disabled_at is null
        and u.second_factor_epoch = u.owner_epoch`)} as trusted`

/** What is stored of the user and counts. */
export async function readState(
  { query }: Pick<Observer, 'query'>,
  fixture: Fixture,
  owns: readonly CallerInput[],
): Promise<StateRow> {
  const { account, ipAddress } = fixture.refund
  const [row] = await query<StateRow & Record<string, unknown>>(stateText, [
    fixture.id,
    [fixture.email, fixture.newEmail],
    account,
    ipAddress,
    owns.map(({ userId }) => userId),
    owns.map(({ secretHash }) => secretHash),
  ])
  if (row === undefined) throw new Error('no state')
  return row
}

/** Everything that can be noticed of the user, as text: equal texts are equal states. */
export function describeState(
  state: StateRow,
  fixture: Fixture,
  owns: readonly CallerInput[],
): string {
  const called = namesOf(fixture, owns)
  const nameOf = (value: string | null) =>
    value === null ? 'none' : (called.get(value) ?? 'unknown')
  const each = <Item>(items: readonly Item[], text: (item: Item) => string) =>
    items.map(text).sort().join(', ') || 'none'
  const { user } = state
  return [
    user === null
      ? 'gone'
      : `${user.disabled ? 'disabled' : 'enabled'} ${user.verified ? 'verified' : 'unverified'} at ${nameOf(user.email)} named ${nameOf(user.name)}`,
    `addresses: ${each(state.claims, (claim) => `${nameOf(claim.of)} of ${nameOf(claim.by)}`)}`,
    `password ${nameOf(state.hash)}`,
    `attempts ${state.attempts.join('/')}`,
    `live: ${each(state.sessions, ({ id, secret, touched, level }) => `${nameOf(id)} by ${nameOf(secret)} at ${level ?? 1}${touched ? ' touched' : ''}`)}`,
    `imported: ${each(state.imported, ({ of, used }) => `${nameOf(of)}${used ? ' used' : ''}`)}`,
    `links: ${each(state.links, (link) => `${nameOf(link.secret)} for ${nameOf(link.for)} tried ${link.tries}`)}`,
    `tokens: ${each(state.tokens, ({ purpose, secret }) => `${purpose} ${nameOf(secret)}`)}`,
    `accounts: ${each(state.accounts, ({ id, replaced, leased }) => `${nameOf(id)}${replaced ? ' replaced' : ''}${leased ? ' leased' : ''}`)}`,
    `passkeys: ${each(state.passkeys, ({ id, name, count }) => `${nameOf(id)} named ${nameOf(name)} at ${count}`)}`,
    `challenges: ${each(state.challenges, (challenge) => `${nameOf(challenge.hash)} for ${nameOf(challenge.for)}`)}`,
    `factor: ${state.factor === null ? 'none' : JSON.stringify(state.factor)}`,
    `pending: ${each(state.pending, ({ id, tries, challenge }) => `${nameOf(id)} tried ${tries} for ${nameOf(challenge)}`)}`,
    `trusted: ${each(state.trusted, ({ secret, used }) => `${nameOf(secret)}${used ? ' used' : ''}`)}`,
    `enrolling: ${each(state.enrollments, ({ secret, tries }) => `${nameOf(secret)} tried ${tries}`)}`,
  ].join('; ')
}

/** Who brought which value; what a caller brought is named by its label. */
function namesOf(fixture: Fixture, owns: readonly CallerInput[]): Map<string, string> {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const { email, newEmail, tokens, link, identity, passkey, factor } = fixture
  const names: [string, string][] = [
    [fixture.id, 'subject'],
    [fixture.hash.reveal(), 'subject'],
    [email, 'the address'],
    [newEmail, 'the new address'],
    [fixture.key.id, 'actor'],
    [fixture.other.id, 'other'],
    [hex(fixture.key.secretHash), 'subject'],
    [hex(fixture.other.secretHash), 'subject'],
    [hex(link.tokenHash), 'subject'],
    ...Object.values(tokens).map((token): [string, string] => [hex(token), 'subject']),
    [identity.newAccountId, 'subject'],
    [passkey.id, 'subject'],
    [passkey.name, 'subject'],
  ]
  if (factor !== null)
    names.push(
      [factor.pending.id, 'waiting'],
      [factor.pendingByPasskey.id, 'waiting after a passkey'],
      [hex(factor.challengeHash), 'subject'],
      [hex(factor.trusted.secretHash), 'subject'],
      [hex(factor.enrolled), 'subject'],
      ...factor.secrets.map((secret, place): [string, string] => [
        hex(secret),
        owns[place]?.label ?? 'other',
      ]),
    )
  for (const {
    name: brought,
    label: name,
    session,
    secretHash,
    hash,
    userId,
    identity,
    passkey,
  } of owns)
    names.push(
      [brought, name],
      [userId, name],
      [session.id, `new of ${name}`],
      [hex(session.secretHash), name],
      [hex(secretHash), name],
      [hash.reveal(), name],
      [identity.newAccountId, name],
      [passkey.id, name],
    )
  return new Map(names)
}
