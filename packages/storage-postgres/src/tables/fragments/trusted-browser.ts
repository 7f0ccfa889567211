import type { PresentedTrust, TokenHash, TrustedBrowserId } from 'torii-core'
import { maxTrustedAccounts } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, sql } from '../../sql/parameter.js'
import { statementTime as now } from '../../sql/time.js'
import { checkObject } from '../input/input.js'
import { checkHashes } from '../input/input-credentials.js'

/** Holds of a trusted browser `t` of the user `u` that signs in without the second factor. */
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
  const hashes = checkHashes(secretHashes, 'secretHashes', maxTrustedAccounts)
  // The new one too: a statement that is sent again after its reply was lost finds what it has done.
  return { trustedHashes: [...hashes, newSecretHash], newTrustedHash: newSecretHash }
}

/** The parameters of a browser to trust; all are null for none. */
export const newTrust = {
  id: nullable('newTrustId', 'uuid')<TrustedBrowserId>(),
  hash: nullable('newTrustHash', 'bytea')<TokenHash>(),
  formerHashes: nullable('formerTrustHashes', 'bytea[]')<readonly TokenHash[]>(),
  lifetimeSeconds: nullable('trustSeconds', 'float8')<number>(),
}
