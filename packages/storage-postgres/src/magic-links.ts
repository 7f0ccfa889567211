import type {
  AttemptCharges,
  CodeSignIn,
  Json,
  MagicLinkRepository,
  MailboxProof,
  MailboxSignIn,
  MailDecision,
  NewMagicLink,
  TokenHash,
} from 'torii-core'
import { maxCodeTries, requireEmail, tokenHash } from 'torii-core'
import type { VerdictRow } from './attempt-charging.js'
import { chargeAttempt, chargeValues, toRefusal } from './attempt-charging.js'
import type { Database } from './db.js'
import { maybeOne, nameStatements, statementTime as now, one, secondsFromNow } from './db.js'
import { checkCharges, checkObject, checkSeconds } from './input.js'
import { checkMailCharges, hashOrNull } from './input-credentials.js'
import type { MailboxRow } from './mailbox-sign-in.js'
import {
  mailboxColumns,
  mailboxValues,
  signInByMailbox,
  toFormerSignIn,
  toMailboxSignIn,
} from './mailbox-sign-in.js'
import { createReceipts } from './receipts.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('magic_links', {
    // Known and unknown addresses get a row alike; the mail goes to the stored spelling where there is one.
    issue: `
      with ${chargeAttempt(schema)}, known as (
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
      select v.allowed, v.retry_after, v.network_retry_after,
        case when not coalesce(known.disabled, false) then coalesce(known.email, link.email) end as send_to
      from verdict v left join link on true left join known on true`,
    consume: `
      with l as (
        delete from ${schema}.magic_links l where l.token_hash = $1::bytea
        returning l.email, l.email_key, l.expires_at
      ), proved as (
        select l.email, l.email_key from l where l.expires_at > ${now}
      ), ${signInByMailbox(schema, 2)}
      select ${mailboxColumns} from u, s`,
    // A right code deletes the row, a wrong one counts on it: the row's lock lets at most five be tried.
    consumeCode: `
      with ${chargeAttempt(schema)}, proved as (
        delete from ${schema}.magic_links l using verdict v
        where v.allowed and l.email_key = $15::text and l.code_hash = $16::bytea
          and l.tries < ${maxCodeTries} and l.expires_at > ${now}
        returning l.email, l.email_key
      ), wrong as (
        update ${schema}.magic_links l set tries = l.tries + 1 from verdict v
        where v.allowed and l.email_key = $15::text and l.code_hash <> $16::bytea
          and l.tries < ${maxCodeTries} and l.expires_at > ${now}
        returning l.tries
      ), ${signInByMailbox(schema, 17)}
      select v.allowed, v.retry_after, (select pg_catalog.count(*) from wrong)::int as wrong, ${mailboxColumns}
      from verdict v left join u on true left join s on true`,
  })

export interface MailRow extends VerdictRow {
  network_retry_after: number | null
  send_to: string | null
}

/** Only a locked network is told; a spent allowance sends nothing and says nothing. */
export function toMailDecision(row: MailRow): MailDecision {
  if (row.allowed) return { ok: true, to: row.send_to }
  return row.network_retry_after === null
    ? { ok: true, to: null }
    : toRefusal({ allowed: false, retry_after: row.network_retry_after })
}

type CodeRow = VerdictRow & (MailboxRow | { session_id: null })

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
    async consume(hash: TokenHash, proof: MailboxProof) {
      const values = [tokenHash(hash), ...mailboxValues(proof)]
      return db.settle<MailboxSignIn<Metadata>>(
        async () =>
          (await maybeOne(db, sql.consume, values, toMailboxSignIn<Metadata>)) ?? invalidToken,
        async () => toFormerSignIn(await receipts.openedForAnybody(proof.session), proof),
      )
    },
    async consumeCode(input: CodeInput, proof: MailboxProof) {
      const { email, codeHash, charges } = checkObject(input, 'input')
      const emailKey = requireEmail(email)
      const values = [
        ...chargeValues(checkCharges(charges)),
        emailKey,
        tokenHash(codeHash),
        ...mailboxValues(proof),
      ]
      return db.settle<CodeSignIn<Metadata>>(
        () =>
          one(db, sql.consumeCode, values, (row: CodeRow) => {
            if (!row.allowed) return toRefusal(row)
            return row.session_id === null ? invalidToken : toMailboxSignIn(row)
          }),
        async () => toFormerSignIn(await receipts.openedByAddress(emailKey, proof.session), proof),
      )
    },
  }
}

interface CodeInput {
  email: string
  codeHash: TokenHash
  charges: AttemptCharges
}
