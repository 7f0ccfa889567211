import type {
  NewSession,
  OAuthAccountRepository,
  OAuthSignIn,
  OAuthSignInOutcome,
  ProviderAuthentication,
} from 'torii-core'
import { checkName, checkPicture, maxAuthenticationAge, requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { many, one } from '../../sql/rows.js'
import { newSessionValues } from '../fragments/new-session.js'
import { stateValues } from '../fragments/oauth-state-use.js'
import type { OpenedRow, Readback, ReadbackRow } from '../fragments/readback.js'
import { toSignedIn } from '../fragments/readback.js'
import { toSession } from '../fragments/session-row.js'
import { presentedTrustValues } from '../fragments/trusted-browser.js'
import { toUser } from '../fragments/user-row.js'
import {
  checkBoolean,
  checkInteger,
  checkLevel,
  checkNewSession,
  checkObject,
} from '../input/input.js'
import type { KnownRow } from './known-sign-in.js'
import { knownSignInStatements } from './known-sign-in.js'
import type { NewRow } from './new-sign-in.js'
import { newSignInStatements } from './new-sign-in.js'
import { deleteDead, identityValues } from './oauth-identity.js'

export const oauthSignInStatements = (schema: string) => ({
  ...knownSignInStatements(schema),
  ...newSignInStatements(schema),
  deleteDead: deleteDead(schema),
})

/** Signs in by an identity at a provider, and creates the user where the identity is new. */
export function createOAuthSignIn<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof oauthSignInStatements>,
  readback: Readback,
): Pick<OAuthAccountRepository<Metadata>, 'signIn'> {
  async function signInOrCreate(
    call: Database,
    person: ReturnType<typeof signInValues>,
  ): Promise<OAuthSignInOutcome<Metadata>> {
    const { identity, session, trust, authentication, creation, state } = person
    // Each turn is one commit. A second one is needed only when another caller registered the same
    // identity between our look-up and our insert: then it is known.
    for (let turn = 0; turn < 3; turn += 1) {
      const known = { ...identity, ...session, ...trust, ...authentication, ...state }
      const row = await one(call, statements.signInKnown, known, (found: KnownRow) => found)
      if (row.known > 0) return toKnown<Metadata>(row)
      if (row.refused) return { ok: false, reason: 'invalid_token' }
      if (row.stored) {
        const dead = { provider: identity.provider, subject: identity.subject }
        await many(call, statements.deleteDead, dead, () => true)
      }
      const added = { ...identity, ...session, ...creation, ...state }
      const created = await one(call, statements.signInNew, added, toNew<Metadata>)
      if (created !== null) return created
    }
    return { ok: false, reason: 'account_disabled' }
  }

  return {
    async signIn(person: OAuthSignIn) {
      const values = signInValues(person)
      return db.runWithRecovery<OAuthSignInOutcome<Metadata>>(
        (call) => signInOrCreate(call, values),
        async (call) =>
          toCommittedSignIn(await readback.openedByIdentity(call, person), person) ??
          toCommittedPending(await readback.openedByAnyUser(call, person.session)),
      )
    },
  }
}

/** The identity, the session, and the user to create with an email only where it is trusted. */
function signInValues(person: OAuthSignIn) {
  const identity = identityValues(person)
  const session = checkNewSession(person.session)
  const emailKey = person.email === null ? null : requireEmail(person.email)
  const isTrusted = checkBoolean(person.emailVerified, 'emailVerified') && emailKey !== null
  return {
    identity,
    session: newSessionValues(session),
    trust: presentedTrustValues(session.trust),
    authentication: authenticationValues(person.authentication ?? null, session),
    state: stateValues(person.state ?? null),
    creation: {
      newUserId: person.newUserId,
      trustedEmail: isTrusted ? person.email : null,
      trustedEmailKey: isTrusted ? emailKey : null,
      name: checkName(person.name),
      picture: checkPicture(person.picture),
      newAccountId: person.newAccountId,
    },
  }
}

/** Replaces the level of the session, for an identity that is linked already. */
function authenticationValues(given: ProviderAuthentication | null, { level = 1 }: NewSession) {
  if (given === null) return { level, authenticatedSecondsAgo: null }
  const { secondsAgo, ...proved } = checkObject(given, 'authentication')
  return {
    level: checkLevel(proved.level),
    authenticatedSecondsAgo: checkInteger(secondsAgo, 'secondsAgo', 0, maxAuthenticationAge),
  }
}

const toKnown = <Metadata extends object>(row: KnownRow): OAuthSignInOutcome<Metadata> =>
  row.session_id === null && row.pending_id === null
    ? { ok: false, reason: 'account_disabled' }
    : toOutcome(row, 'known')

type How = Extract<OAuthSignInOutcome, { ok: true }>['how']

const toOutcome = <Metadata extends object>(
  row: OpenedRow,
  how: How,
): OAuthSignInOutcome<Metadata> =>
  toSignedIn(row, (opened) => ({
    ok: true,
    user: toUser<Metadata>(opened),
    session: toSession(opened),
    how,
  }))

/** Null when another caller registered the identity meanwhile. */
function toNew<Metadata extends object>(row: NewRow): OAuthSignInOutcome<Metadata> | null {
  if (row.session_id !== null || row.pending_id !== null)
    return toOutcome(row, row.created ? 'created' : row.took_over ? 'took_over' : 'linked')
  if (row.refused) return { ok: false, reason: 'invalid_token' }
  return row.claimed > 0 && row.let_in === 0 ? { ok: false, reason: 'account_disabled' } : null
}

/** The same for an identity that is not linked before the second factor is proved. */
const toCommittedPending = <Metadata extends object>(
  row: OpenedRow | null,
): OAuthSignInOutcome<Metadata> | null =>
  row?.session_id === null ? toOutcome<Metadata>(row, 'linked') : null

/** The outcome of a sign-in whose reply was lost; null when there was none. */
function toCommittedSignIn<Metadata extends object>(
  row: (ReadbackRow & { linked_now: boolean }) | null,
  person: OAuthSignIn,
): OAuthSignInOutcome<Metadata> | null {
  if (row === null) return null
  const how = row.user_id === person.newUserId ? 'created' : row.proved_now ? 'took_over' : 'linked'
  return toOutcome(row, row.linked_now ? how : 'known')
}
