import { decryptState, encryptState, maxContentBytes } from '../crypto/encrypted-state.js'
import type { KeyRing } from '../crypto/key-ring.js'

// Where the flows of one browser redirect afterwards, encrypted in its cookie. The state is no place for it: with 2,048
// bytes the URL of the provider would become longer than 2,000 characters, and X takes a state of at most 500.

/** One flow: the first bytes of the hash of its state, and where it redirects. */
interface FlowRedirect {
  readonly flow: Buffer
  readonly redirectTo: string
}

const flowBytes = 8
const lengthBytes = 2
/** The size of `redirectTo` that every browser can keep, with others beside it. */
const maxRedirectBytes = 2048

/**
 * Adds a flow to those of the browser, the newest first; the oldest ones are dropped where they do not fit.
 * @param former the encrypted flows from before; anything that is not genuine counts as none
 */
export function addRedirect(
  keys: KeyRing,
  former: string,
  browser: Uint8Array,
  { stateHash, redirectTo }: { stateHash: Uint8Array; redirectTo: string },
): string {
  if (Buffer.byteLength(redirectTo) > maxRedirectBytes)
    throw new RangeError(`redirectTo must have at most ${maxRedirectBytes} bytes`)
  const flow = Buffer.from(stateHash.subarray(0, flowBytes))
  const entries = [{ flow, redirectTo }, ...read(keys, former, browser)].map(encode)
  const fitting: Buffer[] = []
  let left = maxContentBytes
  for (const entry of entries) {
    left -= entry.length
    if (left < 0) break
    fitting.push(entry)
  }
  return encryptState(keys, 'oauth-redirects', Buffer.concat(fitting), [browser])
}

/** Returns where the flow of this state redirects, or null: it has no `redirectTo`, or newer ones have replaced it. */
export function findRedirect(
  keys: KeyRing,
  encrypted: string,
  browser: Uint8Array,
  stateHash: Uint8Array,
): string | null {
  const flow = Buffer.from(stateHash.subarray(0, flowBytes))
  const found = read(keys, encrypted, browser).find((entry) => entry.flow.equals(flow))
  return found?.redirectTo ?? null
}

function encode({ flow, redirectTo }: FlowRedirect): Buffer {
  const text = Buffer.from(redirectTo)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt16BE(text.length)
  return Buffer.concat([flow, length, text])
}

/** Authentic content was written by {@link encode}. */
function read(keys: KeyRing, encrypted: string, browser: Uint8Array): readonly FlowRedirect[] {
  const bytes = decryptState(keys, 'oauth-redirects', encrypted, [browser])
  const entries: FlowRedirect[] = []
  for (let at = 0; bytes !== null && at < bytes.length; ) {
    const textAt = at + flowBytes + lengthBytes
    const end = textAt + bytes.readUInt16BE(at + flowBytes)
    const redirectTo = bytes.toString('utf8', textAt, end)
    entries.push({ flow: bytes.subarray(at, at + flowBytes), redirectTo })
    at = end
  }
  return entries
}
