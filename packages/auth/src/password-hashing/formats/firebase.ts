import { createCipheriv } from 'node:crypto'
import type { HashFormat } from './format.js'
import { decodeBase64, equalBytes, wholeHash } from './format.js'
import { isScryptCost, scrypt } from './scrypt.js'

const base64 = '([A-Za-z0-9+/]+={0,2})'
const form = new RegExp(
  `^\\$fbscrypt\\$v=1,n=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2}),ss=${base64},sk=${base64}\\$${base64}\\$${base64}$`,
)

/**
 * Firebase's scrypt, in the form that Supabase gives it: the parameters of the project stand in each hash. `n` is the logarithm
 * of N, `ss` the salt separator, `sk` the signer key. The hash is the signer key, encrypted with AES-256-CTR under the key that
 * scrypt derives.
 */
export const firebase: HashFormat = (text) => {
  const [, n, r, p, ...parts] = form.exec(text) ?? []
  const [separator, signerKey, salt, output] = parts.map(decodeBase64)
  if (!separator || !signerKey || !salt || !output) return null
  const cost = { cost: 2 ** Number(n), blockSize: Number(r), lanes: Number(p) }
  if (!isScryptCost(cost) || signerKey.length !== output.length) return null
  if (output.length < 16 || output.length > 64) return null
  return wholeHash(async (password) => {
    const key = await scrypt(password, Buffer.concat([salt, separator]), 32, cost)
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
    return equalBytes(Buffer.concat([cipher.update(signerKey), cipher.final()]), output)
  })
}
