/**
 * `npm run bench -- timing`: whether the time of a refused sign-in tells which accounts exist. Kinds of
 * address, one attempt of each in turn and in random order, on the real hashing and a real server. Two
 * controls that a sound method must find: an answer without the hash of nobody, and a hash under other
 * parameters. The deterministic twin (statements, hashes, answers) is in the test suite.
 * @see security.md T4.57; NIST SP 800-22 has no say here, these are Mann-Whitney and Kolmogorov-Smirnov
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { defaults, Torii } from 'torii-auth'
import { newUserId, PasswordHash, rateLimitKey } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { startServer } from 'torii-testing'
import { anyAddress } from './subjects/sessions-of.mjs'

const password = 'a gate of two pillars, wrong'
/** The account's cap is ten in a quarter of an hour: no address is tried so often. */
const triesPerAddress = 8
/** Each from another IP address, so that no rate limit is reached. */
const from = () => ({ ip: anyAddress(), userAgent: null })

/** What other systems stored, and no one has signed in with since: docs/password-hashes.md says that it can be told apart. */
const importedHashes = {
  'bcrypt of cost 10': `$2b$10$${'abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'}`,
  'scrypt of Better Auth': `${'0a'.repeat(16)}:${'0b'.repeat(64)}`,
  'PBKDF2 of Django': `pbkdf2_sha256$1000000$somesaltofdjango$${Buffer.alloc(32, 1).toString('base64')}`,
}

export async function timing({ isQuick, note }) {
  const n = isQuick ? 96 : 2000
  const server = await startServer({})
  try {
    const storage = await PostgresStorage.connect(server.url)
    await storage.migrate()
    const torii = new Torii(storage, { baseUrl: 'https://app.example' })
    const classes = await prepare(torii, storage, n)
    const samples = await measure(torii, storage, classes, n, note)
    const report = evaluate(samples)
    await storage.close()
    print(report, n)
    const results = new URL('results/', import.meta.url)
    mkdirSync(results, { recursive: true })
    writeFileSync(new URL('timing.json', results), `${JSON.stringify({ n, report }, null, 2)}\n`)
    return 0
  } finally {
    await server.stop()
  }
}

/** Addresses of each kind, enough for n tries. */
async function prepare(torii, storage, n) {
  const count = Math.ceil(n / triesPerAddress)
  const hash = await hashOf(torii, storage, 'known')
  const old = await hashOf(
    new Torii(storage, {
      baseUrl: 'https://app.example',
      password: { hashing: { memoryKib: 7168, passes: 5 } },
    }),
    storage,
    'old',
  )
  const make = async (kind, more, after = async () => undefined) => {
    const emails = Array.from({ length: count }, (_, index) => `${kind}-${index}@example.com`)
    for (const email of emails) {
      const made = await storage.users.register({ id: newUserId(), email, ...more })
      await after(made.user)
    }
    return emails
  }
  const imported = {}
  for (const [form, text] of Object.entries(importedHashes))
    imported[`imported: ${form}`] = await make(form.replaceAll(' ', '-'), {
      passwordHash: new PasswordHash(text),
    })
  return {
    known: await make('known', { passwordHash: hash }),
    ...imported,
    unknown: Array.from({ length: count }, (_, index) => `nobody-${index}@example.com`),
    'no password': await make('bare', {}),
    disabled: await make('disabled', { passwordHash: hash }, ({ id }) => storage.users.disable(id)),
    'control: older parameters': await make('aged', { passwordHash: old }),
    'control: no hash for nobody': Array.from(
      { length: count },
      (_, index) => `control-${index}@example.com`,
    ),
  }
}

/** A charge that counts under a key of its own, as a first attempt does. */
const anyCharges = () => ({
  account: { key: rateLimitKey(randomBytes(32)), policy: defaults.bruteForce.account },
  ipAddress: null,
})

/** A real hash of one password under these parameters, to give to many accounts. */
async function hashOf(torii, storage, word) {
  const email = `${word}@example.net`
  await torii.password.register({ email, password: 'a gate of two pillars' }, from())
  const found = await storage.passwords.findForSignIn({ email, charges: anyCharges() })
  return new PasswordHash(found.credential.hash.reveal())
}

async function measure(torii, storage, classes, n, note) {
  const kinds = Object.keys(classes)
  const samples = Object.fromEntries(kinds.map((kind) => [kind, []]))
  const attempt = (email) => torii.password.authenticate({ email, password }, from())
  const withoutHash = (email) => storage.passwords.findForSignIn({ email, charges: anyCharges() })
  for (let warm = 0; warm < 20; warm += 1) await attempt(`warm-${warm}@example.com`)
  for (let round = 0; round < n; round += 1) {
    for (const kind of shuffled(kinds)) {
      const email = classes[kind][Math.floor(round / triesPerAddress)]
      const action = kind === 'control: no hash for nobody' ? withoutHash : attempt
      const started = process.hrtime.bigint()
      await action(email)
      samples[kind].push(Number(process.hrtime.bigint() - started) / 1e6)
    }
    if (round % 250 === 249) note(`${round + 1} of ${n} rounds`)
  }
  return samples
}

function shuffled(list) {
  const copy = [...list]
  for (let at = copy.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1))
    ;[copy[at], copy[other]] = [copy[other], copy[at]]
  }
  return copy
}

function evaluate(samples) {
  const base = samples.known
  const rows = Object.entries(samples)
    .filter(([kind]) => kind !== 'known')
    .map(([kind, values]) => {
      const p = Math.min(1, 2 * Math.min(mannWhitney(base, values), kolmogorov(base, values)))
      const difference = median(values) - median(base)
      return {
        kind,
        medianMs: round(median(values)),
        differenceMs: round(difference),
        differencePercent: round((100 * difference) / median(base)),
        p,
      }
    })
  const subjects = rows.filter(({ kind }) => !/^(control|imported)/.test(kind))
  // Holm: the smallest p of k is held to alpha / k, the next to alpha / (k - 1), and so on.
  const ordered = [...subjects].sort((one, two) => one.p - two.p)
  ordered.forEach((row, index) => {
    row.rejected = row.p <= 0.01 / (ordered.length - index)
    row.met = !row.rejected && Math.abs(row.differencePercent) < 5 && Math.abs(row.differenceMs) < 1
  })
  for (const row of rows.filter(({ kind }) => kind.startsWith('control'))) row.met = row.p < 1e-6
  return { knownMedianMs: round(median(base)), rows }
}

const round = (value) => Math.round(value * 1000) / 1000
const sorted = (values) => [...values].sort((one, two) => one - two)
const median = (values) => sorted(values)[Math.floor(values.length / 2)]

/** Two-sided p of the rank sum, by the normal approximation, good from some twenty values on. */
function mannWhitney(one, two) {
  const all = sorted([...one, ...two])
  const rankOf = new Map()
  for (let at = 0; at < all.length; ) {
    let end = at
    while (end < all.length && all[end] === all[at]) end += 1
    rankOf.set(all[at], (at + end + 1) / 2)
    at = end
  }
  const sum = one.reduce((total, value) => total + rankOf.get(value), 0)
  const [n, m] = [one.length, two.length]
  const u = sum - (n * (n + 1)) / 2
  const z = (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
  return erfc(Math.abs(z) / Math.SQRT2)
}

/** Asymptotic p of the largest distance between the two empirical distributions. */
function kolmogorov(one, two) {
  const [a, b] = [sorted(one), sorted(two)]
  let [i, j, distance] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    if (a[i] <= b[j]) i += 1
    else j += 1
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length))
  }
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length))
  const lambda = (root + 0.12 + 0.11 / root) * distance
  let p = 0
  for (let k = 1; k <= 100; k += 1) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * (k * lambda) ** 2)
  return Math.min(1, Math.max(0, p))
}

/** Abramowitz and Stegun 7.1.26, in the form that keeps its relative error for large arguments. */
function erfc(x) {
  const t = 1 / (1 + 0.5 * x)
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ]
  const sum = terms.reduce((total, term, power) => total + term * t ** power, 0)
  return t * Math.exp(-x * x + sum)
}

function print({ knownMedianMs, rows }, n) {
  console.log(
    `\nRefused sign-ins, ${n} of each kind, interleaved. A known address: ${knownMedianMs} ms.\n`,
  )
  console.log('| address | median ms | difference | p | |')
  console.log('| --- | --- | --- | --- | --- |')
  for (const { kind, medianMs, differenceMs, differencePercent, p, met, rejected } of rows) {
    const verdict = verdictOf({ kind, met, rejected })
    console.log(
      `| ${kind} | ${medianMs} | ${differenceMs} ms, ${differencePercent} % | ${p.toExponential(1)} | ${verdict} |`,
    )
  }
}

function verdictOf({ kind, met, rejected }) {
  if (kind.startsWith('imported')) return 'its own form until its first sign-in'
  if (kind.startsWith('control')) return met ? 'found, as it must be' : 'not found: too few tries'
  if (rejected) return 'told apart'
  return met ? 'not told apart' : 'not told apart, but this machine is too busy for the medians'
}
