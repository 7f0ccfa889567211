import type {
  Json,
  MagicLinkRepository,
  MailboxProof,
  MailboxSignIn,
  MailDecision,
  NewMagicLink,
  TokenHash,
} from 'torii-core'
import { maxCodeTries, requireEmail, tokenHash } from 'torii-core'
import type { Database } from '../sql/db.js'
import { maybeOne, nameStatements, statementTime as now, one, secondsFromNow } from '../sql/db.js'
import { checkObject, checkRefund, checkSeconds } from './input/input.js'
import { checkHashes, checkMailCharges, hashOrNull } from './input/input-credentials.js'
import {
  mailboxColumns,
  mailboxValues,
  signInByMailbox,
  toFormerSignIn,
  toMailboxSignIn,
} from './mailbox-sign-in.js'
import type { MailVerdictRow } from './rate-limit-charging.js'
import {
  chargeMail,
  chargeValues,
  refundRateLimit,
  refundValues,
  toMailCharge,
} from './rate-limit-charging.js'
import { createReceipts } from './readback.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('magic_links', {
    // Known and unknown addresses get a row alike; the mail goes to the stored spelling where there is one.
    issue: `
      with ${chargeMail(
        schema,
        `door as (
        select l.email_key from ${schema}.magic_links l, gate
        where gate.until is null and l.email_key = $16::text for update of l
      )`,
      )}, known as (
        select u.email, u.disabled_at is not null as disabled
        from verdict v join ${schema}.user_emails e on v.allowed and e.email_key = $16::text
        join ${schema}.users u on u.id = e.user_id
      ), link as (
        insert into ${schema}.magic_links
          (email_key, email, token_hash, code_hash, tries, created_at, expires_at)
        select $16::text, $15::text, $17::bytea, $18::bytea, 0, ${now}, ${secondsFromNow('$19')}
        from verdict v where v.allowed
        on conflict (email_key) do update set
          email = excluded.email, token_hash = excluded.token_hash, code_hash = excluded.code_hash,
          tries = 0, created_at = excluded.created_at, expires_at = excluded.expires_at
        returning email
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after,
        case when not coalesce(known.disabled, false) then coalesce(known.email, link.email) end as send_to
      from verdict v left join link on true left join known on true`,
    find: `
      select l.email from ${schema}.magic_links l
      where l.token_hash = $1::bytea and l.expires_at > ${now}`,
    consume: `
      with l as (
        delete from ${schema}.magic_links l where l.token_hash = $1::bytea
        returning l.email, l.email_key, l.expires_at
      ), proved as (
        select l.email, l.email_key from l where l.expires_at > ${now}
      ), ${signInByMailbox(schema, 2)}
      select ${mailboxColumns(schema)} from u, s`,
    // A right code deletes the row, a wrong one counts on it: the row's lock lets at most five be tried.
    consumeCode: `
      with proved as (
        delete from ${schema}.magic_links l
        where l.email_key = $1::text and l.code_hash = any ($2::bytea[])
          and l.tries < ${maxCodeTries} and l.expires_at > ${now}
        returning l.email, l.email_key
      ), wrong as (
        update ${schema}.magic_links l set tries = l.tries + 1
        where l.email_key = $1::text and l.code_hash <> all ($2::bytea[])
          and l.tries < ${maxCodeTries} and l.expires_at > ${now}
        returning l.tries
      ), ${signInByMailbox(schema, 3)}, ${refundRateLimit(schema, 's', 11)}
      select ${mailboxColumns(schema)} from u, s`,
  })

export interface MailRow extends MailVerdictRow {
  send_to: string | null
}

/** A spent allowance sends nothing and says nothing. */
export function toMailDecision(row: MailRow): MailDecision {
  const charged = toMailCharge(row)
  return charged.ok ? { ok: true, to: charged.allowed ? row.send_to : null } : charged
}

const invalidToken = { ok: false, reason: 'invalid_token' } as const

/** `schema` is an already quoted identifier. */
export function createMagicLinkRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): MagicLinkRepository<Metadata> {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)

  return {
    async issue(link: NewMagicLink) {
      const {
        email,
        tokenHash: hash,
        codeHash,
        lifetimeSeconds,
        charges,
      } = checkObject(link, 'link')
      const emailKey = requireEmail(email)
      const values = [
        ...chargeValues(checkMailCharges(charges)),
        email,
        emailKey,
        tokenHash(hash),
        hashOrNull(codeHash, 'codeHash'),
        checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
      ]
      return one(db, sql.issue, values, toMailDecision)
    },
    async find(hash: TokenHash) {
      return maybeOne(db, sql.find, [tokenHash(hash)], ({ email }: { email: string }) => ({
        email,
      }))
    },
    async consume(hash: TokenHash, proof: MailboxProof) {
      const values = [tokenHash(hash), ...mailboxValues(proof)]
      return db.settle<MailboxSignIn<Metadata>>(
        async () =>
          (await maybeOne(db, sql.consume, values, toMailboxSignIn<Metadata>)) ?? invalidToken,
        async () => toFormerSignIn(await receipts.openedForAnybody(proof.session), proof),
      )
    },
    async consumeCode(input: CodeInput, proof: MailboxProof) {
      const { email, codeHashes, refund } = checkObject(input, 'input')
      const emailKey = requireEmail(email)
      const values = [
        emailKey,
        checkHashes(codeHashes, 'codeHashes', 16),
        ...mailboxValues(proof),
        ...refundValues(refund === undefined ? null : checkRefund(refund)),
      ]
      return db.settle<MailboxSignIn<Metadata>>(
        async () =>
          (await maybeOne(db, sql.consumeCode, values, toMailboxSignIn<Metadata>)) ?? invalidToken,
        async () => toFormerSignIn(await receipts.openedByAddress(emailKey, proof.session), proof),
      )
    },
  }
}

type CodeInput = Parameters<MagicLinkRepository['consumeCode']>[0]
