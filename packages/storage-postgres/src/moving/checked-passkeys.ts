import { checkPasskeyName, checkUuid } from '../tables/input/input-credentials.js'
import { maxSignCount } from '../tables/passkeys/passkey-columns.js'
import { readBase64, timeOrNull } from './field-values.js'

/** A passkey whose values the tables can hold. Whether its key can be used is not checked yet. */
export interface CheckedPasskey {
  readonly credentialId: Buffer
  /** COSE key. */
  readonly publicKey: Buffer
  /** Null where the other system did not keep it. */
  readonly userHandle: Buffer | null
  readonly signCount: number
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  readonly aaguid: string
  readonly transports: readonly string[]
  readonly name: string
  readonly createdAt: string | null
  readonly lastUsedAt: string | null
}

/** The largest number that `passkey.maxPerUser` may be is 1,000; no person has so many. */
const maxPasskeys = 100
const maxTransports = 16
const noModel = '00000000-0000-0000-0000-000000000000'

/**
 * Checks the field `passkeys`. `leaveOut` is called for each that is left out. What only describes a passkey (name, transports,
 * model, times) is replaced by its default where it cannot be stored.
 */
export function checkPasskeys(value: unknown, leaveOut: () => void): CheckedPasskey[] {
  if (value === undefined || value === null) return []
  const given: unknown[] = Array.isArray(value) ? value : [null]
  const seen = new Set<string>()
  return given.flatMap((each, at) => {
    const passkey = at < maxPasskeys ? checkPasskey(each) : null
    const id = passkey?.credentialId.toString('hex') ?? ''
    if (passkey === null || seen.has(id)) {
      leaveOut()
      return []
    }
    seen.add(id)
    return [passkey]
  })
}

function checkPasskey(value: unknown): CheckedPasskey | null {
  const given: Record<string, unknown> = { ...Object(value) }
  const credentialId = readBase64(given.credentialId, 1023)
  const publicKey = readBase64(given.publicKey, 2048)
  const hasHandle = isGiven(given.userHandle) && given.userHandle !== ''
  const userHandle = hasHandle ? readBase64(given.userHandle, 64) : null
  const signCount = given.signCount ?? 0
  const [userVerified, backupEligible, backedUp] = [
    given.userVerified ?? false,
    given.backupEligible ?? false,
    given.backedUp ?? false,
  ]
  const isComplete =
    credentialId !== null && publicKey !== null && (!hasHandle || userHandle !== null)
  if (!isComplete || !isCount(signCount)) return null
  if (!isBoolean(userVerified) || !isBoolean(backupEligible) || !isBoolean(backedUp)) return null
  return {
    credentialId,
    publicKey,
    userHandle,
    signCount,
    userVerified,
    backupEligible: backupEligible || backedUp,
    backedUp,
    aaguid: orDefault(() => checkUuid(given.aaguid, 'aaguid'), noModel),
    transports: readTransports(given.transports),
    name: orDefault(() => checkPasskeyName(given.name), 'Passkey'),
    createdAt: timeOrNull(given.createdAt),
    lastUsedAt: timeOrNull(given.lastUsedAt),
  }
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxSignCount

function orDefault<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Hints for the browser. Those that it does not know are ignored, so what is no name of one is left out. */
const readTransports = (value: unknown): string[] =>
  Array.isArray(value)
    ? value
        .filter((each: unknown) => typeof each === 'string' && /^[a-z0-9-]{1,32}$/.test(each))
        .slice(0, maxTransports)
    : []
