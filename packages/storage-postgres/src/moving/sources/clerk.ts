import { readCsv } from '../csv.js'
import type { SourceRecord } from '../source-record.js'
import { carriedFields, isBase32, standardTotp } from './carried.js'
import { fileSource, firstCharacter, mapRecords, readJson, textFile } from './file-source.js'
import { isObject, nameOf, objectsOf, textOf, timeOf } from './values.js'

/**
 * Clerk: the csv file of its dashboard, which has password hashes and TOTP secrets, or the JSON of its Backend API and command line, which
 * has provider accounts and metadata. Read by its documentation of November 2026.
 */
export const clerk = fileSource({
  name: 'clerk',
  help: 'import the accounts of an export of Clerk, csv or JSON',
  open: async ({ from }) => {
    const isJson = /[[{]/.test((await firstCharacter(from)) ?? '')
    return {
      saysVerified: true,
      read: () => (isJson ? mapRecords(readJson(from), fieldsOfJson) : readDashboard(from)),
    }
  },
})

async function* readDashboard(path: string): AsyncGenerator<SourceRecord> {
  let header: readonly string[] | null = null
  for await (const { line, cells } of readCsv(textFile(path))) {
    if (header === null) header = cells.map((cell) => cell.replace(/^\ufeff/, '').trim())
    else if (cells.length !== header.length) yield { line, fields: null }
    else {
      const names: readonly string[] = header
      yield {
        line,
        fields: fieldsOfRow(Object.fromEntries(names.map((name, at) => [name, cells[at]]))),
      }
    }
  }
}

/** Addresses in one cell are separated by commas, or as in the oldest exports by `|`. */
const addressesOf = (cell: unknown): readonly string[] =>
  (textOf(cell) ?? '')
    .split(/[,|]/)
    .map((address) => address.trim())
    .filter((address) => address !== '')

function fieldsOfRow(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const verified = addressesOf(row.verified_email_addresses)
  const email =
    textOf(row.primary_email_address) ??
    verified[0] ??
    addressesOf(row.unverified_email_addresses)[0]
  const digest = textOf(row.password_digest)
  const secret = textOf(row.totp_secret)
  return {
    id: row.id,
    email,
    // Without the columns the file does not say.
    ...(row.verified_email_addresses === undefined || email === undefined
      ? {}
      : { emailVerified: verified.includes(email) }),
    name: nameOf(row.first_name, row.last_name),
    createdAt: timeOf(textOf(row.created_at)),
    passwordHash: digest === null ? null : hashOf(digest, textOf(row.password_hasher)),
    ...carriedFields({
      totp:
        secret === null
          ? null
          : isBase32(secret)
            ? standardTotp(secret.toUpperCase())
            : 'unreadable',
    }),
  }
}

/** Digests of Clerk are in the usual forms, named by the second column, except those of bare MD5 and SHA-256. */
const hashOf = (digest: string, hasher: string | null): string =>
  hasher === 'md5' || hasher === 'sha256' ? digest.toLowerCase() : digest

function fieldsOfJson(user: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const addresses = objectsOf(user.email_addresses)
  const primary =
    addresses.find(({ id }) => id === user.primary_email_address_id) ?? addresses[0] ?? null
  const isVerified = isObject(primary?.verification) && primary.verification.status === 'verified'
  const hasFactor = user.totp_enabled === true || user.two_factor_enabled === true
  return {
    id: user.id,
    email: primary?.email_address ?? null,
    emailVerified: isVerified,
    name: nameOf(user.first_name, user.last_name),
    picture: user.has_image === false ? null : textOf(user.image_url),
    metadata: isObject(user.public_metadata) ? user.public_metadata : null,
    createdAt: timeOf(user.created_at),
    updatedAt: timeOf(user.updated_at),
    disabled: user.banned === true,
    passwordHash: textOf(user.password_digest),
    oauthAccounts: objectsOf(user.external_accounts).flatMap((account) => {
      const provider = textOf(account.provider)?.replace(/^oauth_/, '')
      const subject = textOf(account.provider_user_id)
      const isProved = !isObject(account.verification) || account.verification.status === 'verified'
      return subject === null || !isProved ? [] : [{ provider, subject }]
    }),
    ...carriedFields({ totp: hasFactor ? 'unreadable' : null }),
  }
}
