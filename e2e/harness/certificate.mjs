/** A certificate authority of one run, and a certificate by it. */
import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const config = (hosts) => `
[req]
distinguished_name = name
prompt = no
[name]
CN = Torii browser tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${hosts.map((host) => `DNS:${host}`).join(', ')}
`

/**
 * Makes a certificate for these hosts in `folder`, signed by a new certificate authority.
 * @returns `key` and `cert` for node:https, and `authority`: what Chromium calls the hash of the authority's key
 * @throws Error without the program openssl: node:crypto cannot make certificates
 */
export function makeCertificate(folder, hosts) {
  const path = (name) => join(folder, name)
  writeFileSync(path('openssl.cnf'), config(hosts))
  const common = ['req', '-x509', '-config', path('openssl.cnf'), '-days', '2', '-nodes']
  const newKey = (name) => [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)],
  ]
  run([...common, ...newKey('authority'), '-extensions', 'authority'])
  const by = ['-CA', path('authority.pem'), '-CAkey', path('authority.key')]
  run([...common, ...newKey('server'), '-extensions', 'server', ...by])
  const authority = readFileSync(path('authority.pem'), 'utf8')
  const publicKey = new X509Certificate(authority).publicKey.export({ type: 'spki', format: 'der' })
  return {
    key: readFileSync(path('server.key'), 'utf8'),
    cert: readFileSync(path('server.pem'), 'utf8') + authority,
    authority: createHash('sha256').update(publicKey).digest('base64'),
  }
}

function run(args) {
  const { error, status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (error !== undefined)
    throw new Error('the journeys over TLS need the program openssl 3 or newer: install it', {
      cause: error,
    })
  if (status !== 0) throw new Error(`openssl ended with ${status}: ${stderr}`)
}
