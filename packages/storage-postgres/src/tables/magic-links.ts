import type {
  Json,
  MagicLinkRepository,
  MailboxProof,
  MailboxSignIn,
  NewMagicLink,
  TokenHash,
} from 'torii-core'
import { maxCodeTries, requireEmail } from 'torii-core'
import type { Database } from '../sql/database.js'
import { countedTwice, readBack, repeat } from '../sql/lost-reply.js'
import { nullable, parameter, sql } from '../sql/parameter.js'
import { maybeOne, one } from '../sql/rows.js'
import { read, write } from '../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../sql/time.js'
import { entryLock, entryLockTaken } from './fragments/entry-lock.js'
import { toMailDecision } from './fragments/mail-decision.js'
import type { MailboxRow } from './fragments/mailbox-sign-in.js'
import {
  mailboxColumns,
  mailboxValues,
  signInByMailbox,
  toCommittedSignIn,
  toMailboxSignIn,
} from './fragments/mailbox-sign-in.js'
import { email, emailKey, lifetimeSeconds } from './fragments/parameters.js'
import type { VerdictRow } from './fragments/rate-limit-charging.js'
import {
  chargeFailure,
  chargeMailAfter,
  chargeValues,
  toRefusal,
} from './fragments/rate-limit-charging.js'
import { refundRateLimit, refundValues } from './fragments/rate-limit-refund.js'
import type { Readback } from './fragments/readback.js'
import { checkObject, checkRefund, checkSeconds } from './input/input.js'
import { checkHashes, checkIpAddressCharge, checkMailCharges } from './input/input-credentials.js'

const linkHash = parameter('linkHash', 'bytea')<TokenHash>()
/** Null: the mail holds no code. */
const codeHash = nullable('codeHash', 'bytea')<TokenHash>()
/** Under every key that is in use. */
const codeHashes = parameter('codeHashes', 'bytea[]')<readonly TokenHash[]>()
const emailKeyText = sql`${emailKey}`

/** A code can be tried while this holds of its row `l`. */
const hasTriesLeft = `l.tries < ${maxCodeTries}`

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
        where gate.until is null and l.email_key = ${emailKey} and ${entryLockTaken} for update of l
      )`,
      )}, known as (
        select u.email, u.disabled_at is not null as disabled
        from verdict v join ${schema}.user_emails e on v.allowed and e.email_key = ${emailKey}
        join ${schema}.users u on u.id = e.user_id
      ), link as (
        insert into ${schema}.magic_links
          (email_key, email, token_hash, code_hash, tries, created_at, expires_at)
        select ${emailKey}, ${email}, ${linkHash}, ${codeHash}, 0, ${now}, ${secondsFromNow(lifetimeSeconds)}
        from verdict v where v.allowed
        on conflict (email_key) do update set
          email = excluded.email, token_hash = excluded.token_hash, code_hash = excluded.code_hash,
          tries = 0, created_at = excluded.created_at, expires_at = excluded.expires_at
        returning email
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after,
        case when not coalesce(known.disabled, false) then coalesce(known.email, link.email) end as send_to
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
      select l.email from ${schema}.magic_links l
      where l.token_hash = ${linkHash} and l.expires_at > ${now}`,
  ),
  consume: write(
    'magic_links.consume',
    sql`
      with ${chargeFailure(
        schema,
        sql`l as (
        delete from ${schema}.magic_links l using gate
        where gate.until is null and l.token_hash = ${linkHash}
        returning l.email, l.email_key, l.expires_at
      ), proved as (
        select l.email, l.email_key from l where l.expires_at > ${now}
      ), ${signInByMailbox(schema)}`,
        's',
      )}
      select v.allowed, v.retry_after, ${mailboxColumns(schema)}
      from verdict v left join u on true left join s on true`,
    {
      schema,
      onLostReply: readBack(
        'the id and the secret of the session; without them the link is sent again, and used up means ask for a new one (a failure is counted a second time)',
      ),
    },
  ),
  // A right code deletes the row, a wrong one counts on it: the row's lock lets at most five be tried.
  consumeCode: write(
    'magic_links.consumeCode',
    sql`
      with ${entryLock(schema, 'magic_links', emailKeyText, '')}, proved as (
        delete from ${schema}.magic_links l
        where l.email_key = ${emailKey} and l.code_hash = any (${codeHashes})
          and ${hasTriesLeft} and l.expires_at > ${now} and ${entryLockTaken}
        returning l.email, l.email_key
      ), wrong as (
        update ${schema}.magic_links l set tries = l.tries + 1
        where l.email_key = ${emailKey} and l.code_hash <> all (${codeHashes})
          and ${hasTriesLeft} and l.expires_at > ${now} and ${entryLockTaken}
        returning l.tries
      ), ${signInByMailbox(schema)}, ${refundRateLimit(schema, 's')}
      select ${mailboxColumns(schema)} from u, s`,
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
        linkHash: given.tokenHash,
        codeHash: given.codeHash,
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return one(db, statements.issue, values, toMailDecision)
    },
    async find(hash: TokenHash) {
      return maybeOne(db, statements.find, { linkHash: hash }, (row: { email: string }) => ({
        email: row.email,
      }))
    },
    async consume(hash: TokenHash, proof: MailboxProof) {
      const values = {
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

type ConsumedRow = VerdictRow & (MailboxRow | { session_id: null })

function toConsumed<Metadata extends object>(row: ConsumedRow): MailboxSignIn<Metadata> {
  if (row.session_id !== null) return toMailboxSignIn(row)
  return row.allowed ? invalidToken : toRefusal(row)
}

type CodeInput = Parameters<MagicLinkRepository['consumeCode']>[0]
