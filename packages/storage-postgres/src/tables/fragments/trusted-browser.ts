import type { NewTrustedBrowser, PresentedTrust, TokenHash, TrustedBrowserId } from 'torii-core'
import { maxTrustedAccounts } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, sql } from '../../sql/parameter.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import { checkObject, checkSeconds } from '../input/input.js'
import { checkHashes } from '../input/input-credentials.js'

/**
 * Holds of a trusted browser `t` of the user `u` that signs in without the second factor. Whatever ends the factor raises the epoch.
 */
export const liveTrust = `t.session_epoch = u.session_epoch and t.expires_at > ${now}`

const presented = {
  hashes: nullable('trustedHashes', 'bytea[]')<readonly TokenHash[]>(),
  newHash: nullable('newTrustedHash', 'bytea')<TokenHash>(),
}

/** The parameters of {@link useTrustedBrowser}: a batch takes none of them, so who presents a secret is answered alone. */
export const trustParameters = [presented.hashes.name, presented.newHash.name]

/**
 * The CTE `trusted`, with a row where the locked user `u`, whose second factor is due, signs in by a trusted browser: its secret
 * is replaced. Who waits here for another sign-in with the same secret does not find it any more. Takes the values of
 * {@link presentedTrustValues}.
 */
export const useTrustedBrowser = <const Due extends SqlPart>(
  schema: string,
  due: Due,
) => sql`trusted as (
        update ${schema}.trusted_browsers t set secret_hash = ${presented.newHash}, last_used_at = ${now}
        from u
        where ${presented.hashes} is not null and ${due} and t.user_id = u.user_id
          and t.secret_hash = any (${presented.hashes}) and ${liveTrust}
        returning t.user_id
      )`

/** The same of a sign-in to which no browser is trusted. */
export const noTrustedBrowser = 'trusted as (select null::uuid as user_id where false)'

/** The values of {@link useTrustedBrowser}. */
export function presentedTrustValues(trust: PresentedTrust | null | undefined) {
  if (trust === null || trust === undefined) return { trustedHashes: null, newTrustedHash: null }
  const { secretHashes, newSecretHash } = checkObject(trust, 'trust')
  const trustedHashes = checkHashes(secretHashes, 'secretHashes', maxTrustedAccounts)
  return { trustedHashes, newTrustedHash: newSecretHash }
}

/** A browser to trust; all are null for none. */
const newTrust = {
  id: nullable('newTrustId', 'uuid')<TrustedBrowserId>(),
  hash: nullable('newTrustHash', 'bytea')<TokenHash>(),
  formerHashes: nullable('formerTrustHashes', 'bytea[]')<readonly TokenHash[]>(),
  lifetimeSeconds: nullable('trustSeconds', 'float8')<number>(),
}

/**
 * The CTE of what this browser was trusted by before, of the same user, locked after the pending sign-in. Only with a browser to
 * trust.
 */
export const lockFormerTrust = (schema: string) => sql`former as (
        select t.user_id, t.id from ${schema}.trusted_browsers t join p on p.user_id = t.user_id
        where ${newTrust.id} is not null and t.secret_hash = any (${newTrust.formerHashes})
        for update of t
      )`

/** CTEs that make the browser of the answered sign-in `p` a trusted one, once the CTE `used (user_id)` has used a factor up. Takes {@link newTrustValues}. */
export const trustBrowser = (schema: string) => sql`untrusted as (
        delete from ${schema}.trusted_browsers t using former, used
        where t.user_id = former.user_id and t.id = former.id
        returning 1 as one
      ), trusted as (
        insert into ${schema}.trusted_browsers as t (user_id, id, secret_hash, session_epoch, user_agent, created_at, expires_at)
        select p.user_id, ${newTrust.id}, ${newTrust.hash}, p.session_epoch, p.user_agent, ${now},
          ${secondsFromNow(newTrust.lifetimeSeconds)}
        from p join used on used.user_id = p.user_id
        where ${newTrust.id} is not null and (select pg_catalog.count(*) from untrusted) >= 0
        returning 1 as one
      )`

/** The values of {@link lockFormerTrust} and {@link trustBrowser}. */
export function newTrustValues(trust: NewTrustedBrowser | null) {
  if (trust === null)
    return { newTrustId: null, newTrustHash: null, formerTrustHashes: null, trustSeconds: null }
  const { id, secretHash, formerHashes, lifetimeSeconds } = checkObject(trust, 'trust')
  // A browser without a former secret sends none.
  const former = Array.isArray(formerHashes) && formerHashes.length === 0
  return {
    newTrustId: id,
    newTrustHash: secretHash,
    formerTrustHashes: former ? [] : checkHashes(formerHashes, 'formerHashes', maxTrustedAccounts),
    trustSeconds: checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
  }
}
