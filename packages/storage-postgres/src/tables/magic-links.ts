import type {
  Json,
  MagicLinkRepository,
  MailboxProof,
  MailboxSignIn,
  NewMagicLink,
  TokenHash,
  UsedSignIn,
} from 'torii-core'
import { maxCodeTries, requireEmail } from 'torii-core'
import type { Database } from '../sql/database.js'
import { countedTwice, readBack, repeat } from '../sql/lost-reply.js'
import { nullable, parameter, sql } from '../sql/parameter.js'
import { maybeOne, one } from '../sql/rows.js'
import { read, write } from '../sql/statement.js'
import { milliseconds, statementTime as now, secondsFromNow, toDate } from '../sql/time.js'
import { entryLock, entryLockTaken } from './fragments/entry-lock.js'
import { globalEpoch } from './fragments/global-epoch.js'
import { freeSlot, linkId, replacesOldest, usedBy, usedUntil } from './fragments/link-row.js'
import { toMailDecision } from './fragments/mail-decision.js'
import type { MailboxRow } from './fragments/mailbox-sign-in.js'
import {
  mailboxColumns,
  mailboxValues,
  signInByMailbox,
  toCommittedSignIn,
  toMailboxSignIn,
} from './fragments/mailbox-sign-in.js'
import {
  newSession,
  openedRelations,
  openSession,
  openSessionWithRefund,
} from './fragments/new-session.js'
import { email, emailKey, lifetimeSeconds } from './fragments/parameters.js'
import { livePending, pendingColumns } from './fragments/pending-row.js'
import type { VerdictRow } from './fragments/rate-limit-charging.js'
import {
  chargeFailure,
  chargeMailAfter,
  chargeValues,
  toRefusal,
} from './fragments/rate-limit-charging.js'
import { refundRateLimit, refundValues } from './fragments/rate-limit-refund.js'
import type { OpenedRow, Readback } from './fragments/readback.js'
import { toSignedIn } from './fragments/readback.js'
import { liveSession, sessionColumns, toSession } from './fragments/session-row.js'
import { toUser, userColumns } from './fragments/user-row.js'
import { checkObject, checkRefund, checkSeconds } from './input/input.js'
import {
  checkHashes,
  checkIpAddressCharge,
  checkMailCharges,
  linkIdOf,
} from './input/input-credentials.js'

const linkHash = parameter('linkHash', 'bytea')<TokenHash>()
/** Null: the mail holds no code. */
const codeHash = nullable('codeHash', 'bytea')<TokenHash>()
/** Under every key that is in use. */
const codeHashes = parameter('codeHashes', 'bytea[]')<readonly TokenHash[]>()
const emailKeyText = sql`${emailKey}`
const maxCodeTriesText = String(maxCodeTries)

/**
 * Holds for a link `t` that can no longer be used: it has expired, or everything was revoked since, or it was mailed
 * before the epoch that the CTE `known` shows, or before the account of its email was verified.
 */
const deadLink = (
  schema: string,
) => `(t.expires_at <= ${now} or t.global_epoch < ${globalEpoch(schema)}
          or t.epoch < (select known.session_epoch from known)
          or (t.epoch is null and (select known.verified from known)))`

/** Holds for a link `l` that has neither expired nor been revoked with everything. */
const isCurrent = (schema: string) =>
  `l.expires_at > ${now} and l.global_epoch = ${globalEpoch(schema)}`

/** The row `l` of the given link. */
const givenLink = sql`l.id = ${linkId} and l.token_hash = ${linkHash}`

/**
 * CTEs that use up the links that the CTE `held` has locked, once the CTE `opened` has a row. The given one is kept for a
 * minute where a form has used it.
 */
const useLinks = (schema: string) => sql`used as (
        update ${schema}.magic_links l set used_by = ${usedBy}, expires_at = ${usedUntil}
        from proved where l.id = proved.id and ${usedBy} is not null and exists (select 1 from opened)
        returning 1 as one
      ), ended as (
        delete from ${schema}.magic_links l using held, proved
        where l.id = held.id and (${usedBy} is null or l.id <> proved.id) and exists (select 1 from opened)
        returning 1 as one
      )`

export const magicLinkStatements = (schema: string) => ({
  // Known and unknown emails get a row alike; the mail goes to the stored spelling where there is one.
  issue: write(
    'magic_links.issue',
    sql`
      with ${chargeMailAfter(
        schema,
        sql`${entryLock(schema, 'magic_links', emailKeyText, 'from gate where gate.until is null')},
      entry_row as (
        select l.email_key from ${schema}.magic_links l, gate
        where gate.until is null and l.email_key = ${emailKey} and ${entryLockTaken} order by l.id for update of l
      )`,
      )}, known as (
        select u.email, u.disabled_at is not null as disabled, u.session_epoch,
          u.email_verified_at is not null as verified
        from verdict v join ${schema}.user_emails e on v.allowed and e.email_key = ${emailKey}
        join ${schema}.users u on u.id = e.user_id
      ), link as (
        insert into ${schema}.magic_links as t
          (id, email_key, email, slot, token_hash, code_hash, epoch, global_epoch, tries, created_at, expires_at)
        select ${linkId}, ${emailKey}, ${email}, ${freeSlot({
          table: `${schema}.magic_links`,
          owned: sql`t.email_key = ${emailKey}`,
          id: linkId,
          dead: deadLink(schema),
        })}, ${linkHash}, ${codeHash},
          (select known.session_epoch from known), ${globalEpoch(schema)}, 0, ${now}, ${secondsFromNow(lifetimeSeconds)}
        from verdict v where v.allowed
        on conflict (email_key, slot) do update set
          id = excluded.id, email = excluded.email, token_hash = excluded.token_hash, code_hash = excluded.code_hash,
          epoch = excluded.epoch, global_epoch = excluded.global_epoch, tries = 0, used_by = null,
          created_at = excluded.created_at, expires_at = excluded.expires_at
        where t.id = excluded.id or ${deadLink(schema)} or ${replacesOldest}
        returning email
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after,
        case when link.email is not null and not coalesce(known.disabled, false)
          then coalesce(known.email, link.email) end as send_to
      from verdict v left join link on true left join known on true`,
    {
      schema,
      onLostReply: repeat(
        `${countedTwice}; the link is the same, but where the allowance was spent nothing is sent`,
      ),
    },
  ),
  find: read(
    'magic_links.find',
    sql`
      select l.email, ${milliseconds('l.expires_at')} as expires_at from ${schema}.magic_links l
      left join ${schema}.user_emails e on e.email_key = l.email_key
      left join ${schema}.users u on u.id = e.user_id
      where ${givenLink} and l.used_by is null and ${isCurrent(schema)}
        and (u.id is null or u.session_epoch = l.epoch or (l.epoch is null and u.email_verified_at is null))`,
  ),
  findUsed: read(
    'magic_links.findUsed',
    sql`
      select ${userColumns}, ${sessionColumns}, ${pendingColumns(schema)}
      from ${schema}.magic_links l join ${schema}.user_emails e on e.email_key = l.email_key
      join ${schema}.users u on u.id = e.user_id
      left join ${schema}.sessions s
        on s.user_id = u.id and s.id = ${newSession.id} and s.secret_hash = ${newSession.secretHash} and ${liveSession}
      left join ${schema}.pending_sign_ins p
        on p.user_id = u.id and p.id = ${newSession.id} and p.secret_hash = ${newSession.secretHash} and ${livePending}
      where ${givenLink} and l.used_by = ${usedBy} and l.expires_at > ${now} and (s.id is not null or p.id is not null)`,
  ),
  // All links of the email are locked before the user, and used up after it: a link that does not sign in ends none.
  consume: write(
    'magic_links.consume',
    sql`
      with ${chargeFailure(
        schema,
        sql`given as (
        select l.email_key from ${schema}.magic_links l, gate where gate.until is null and ${givenLink}
      ), ${entryLock(schema, 'magic_links', sql`given.email_key`, 'from given')}, held as (
        select l.* from ${schema}.magic_links l join given on given.email_key = l.email_key
        where ${entryLockTaken} order by l.id for update of l
      ), proved as (
        select l.id, l.email, l.email_key, l.epoch from held l
        where ${givenLink} and l.used_by is null and ${isCurrent(schema)}
      ), repeated as (
        select 1 as one from held l where ${givenLink} and l.used_by = ${usedBy} and l.expires_at > ${now}
      ), ${signInByMailbox(schema, openSession(schema))}, ${useLinks(schema)}, success as (
        select 1 as one from opened union all select 1 from repeated
      )`,
        'success',
      )}
      select v.allowed, v.retry_after, exists (select 1 from repeated) as repeated, ${mailboxColumns(schema)}
      from verdict v left join u on true ${openedRelations}`,
    {
      schema,
      onLostReply: readBack(
        'the id and the secret of the session; without them the link is sent again, and used up means ask for a new one (a failure is counted a second time)',
      ),
    },
  ),
  // A wrong code counts on every link of the email, whose locks let at most five be tried.
  consumeCode: write(
    'magic_links.consumeCode',
    sql`
      with ${entryLock(schema, 'magic_links', emailKeyText, '')}, held as (
        select l.* from ${schema}.magic_links l
        where l.email_key = ${emailKey} and l.used_by is null and ${isCurrent(schema)} and ${entryLockTaken}
        order by l.id for update of l
      ), tried as (
        select pg_catalog.max(held.tries) < ${maxCodeTriesText} as open from held
      ), proved as (
        select held.id, held.email, held.email_key, held.epoch from held join tried on tried.open
        where held.code_hash = any (${codeHashes}) order by held.epoch desc nulls last limit 1
      ), wrong as (
        update ${schema}.magic_links l set tries = l.tries + 1 from held join tried on tried.open
        where l.id = held.id and not exists (select 1 from proved)
        returning 1 as one
      ), ${signInByMailbox(schema, openSessionWithRefund(schema))}, ${useLinks(schema)}, ${refundRateLimit(schema, 's', 'ended')}
      select ${mailboxColumns(schema)} from u ${openedRelations}`,
    {
      schema,
      onLostReply: readBack(
        'the id and the secret of the session; without them the code is tried again',
      ),
    },
  ),
})

const invalidToken = { ok: false, reason: 'invalid_token' } as const

export function createMagicLinkRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof magicLinkStatements>,
  readback: Readback,
): MagicLinkRepository<Metadata> {
  return {
    async issue(link: NewMagicLink) {
      const given = checkObject(link, 'link')
      const key = requireEmail(given.email)
      const values = {
        ...chargeValues(checkMailCharges(given.charges)),
        email: given.email,
        emailKey: key,
        linkId: linkIdOf(given.tokenHash),
        linkHash: given.tokenHash,
        replacesOldest: given.charges === null,
        codeHash: given.codeHash,
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return one(db, statements.issue, values, toMailDecision)
    },
    async find(hash: TokenHash) {
      const values = { linkId: linkIdOf(hash), linkHash: hash }
      return maybeOne(db, statements.find, values, toFound)
    },
    async findUsed(hash: TokenHash, form: OpeningForm) {
      const { usedBy: formHash, session } = checkObject(form, 'form')
      const given = checkObject(session, 'session')
      const values = {
        linkId: linkIdOf(hash),
        linkHash: hash,
        usedBy: formHash,
        newSessionId: given.id,
        newSessionSecretHash: given.secretHash,
      }
      return maybeOne(
        db,
        statements.findUsed,
        values,
        (row: OpenedRow): UsedSignIn<Metadata> =>
          toSignedIn(row, (opened) => ({
            ok: true,
            user: toUser<Metadata>(opened),
            session: toSession(opened),
          })),
      )
    },
    async consume(hash: TokenHash, proof: MailboxProof) {
      const values = {
        linkId: linkIdOf(hash),
        linkHash: hash,
        ...mailboxValues(proof),
        ...chargeValues(checkIpAddressCharge(proof.ipAddress ?? null)),
      }
      return db.runWithRecovery<MailboxSignIn<Metadata>>(
        (call) => one(call, statements.consume, values, toConsumed<Metadata>),
        async (call) =>
          toCommittedSignIn(await readback.openedByAnyUser(call, proof.session), proof),
      )
    },
    async consumeCode(input: CodeInput, proof: MailboxProof) {
      const given = checkObject(input, 'input')
      const key = requireEmail(given.email)
      const values = {
        emailKey: key,
        codeHashes: checkHashes(given.codeHashes, 'codeHashes', 16),
        ...mailboxValues(proof),
        // A typed code opens no page that a browser could send twice.
        usedBy: null,
        ...refundValues(given.refund === undefined ? null : checkRefund(given.refund)),
      }
      return db.runWithRecovery<MailboxSignIn<Metadata>>(
        async (call) =>
          (await maybeOne(call, statements.consumeCode, values, toMailboxSignIn<Metadata>)) ??
          invalidToken,
        async (call) =>
          toCommittedSignIn(await readback.openedByEmail(call, key, proof.session), proof),
      )
    },
  }
}

type ConsumedRow = VerdictRow & { repeated: boolean } & (
    | MailboxRow
    | { session_id: null; pending_id: null }
  )

function toConsumed<Metadata extends object>(row: ConsumedRow): MailboxSignIn<Metadata> {
  if (row.session_id !== null || row.pending_id !== null) return toMailboxSignIn(row)
  return row.allowed || row.repeated ? invalidToken : toRefusal(row)
}

interface FoundRow {
  email: string
  expires_at: number
}

const toFound = (row: FoundRow) => ({ email: row.email, expiresAt: toDate(row.expires_at) })

type OpeningForm = Parameters<MagicLinkRepository['findUsed']>[1]
type CodeInput = Parameters<MagicLinkRepository['consumeCode']>[0]
