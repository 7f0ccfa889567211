/** What a package may weigh on npm and in a page, so that growing is a decision and not an accident. */
import { execFileSync } from 'node:child_process'
import { browserSizeProblems, browserSizes } from './browser-size.mjs'

export const name = 'sizes'
export const needsBuild = true

/** KiB of the tarball of each published package, and unpacked where that has a budget of its own. */
export const budgets = {
  'torii-core': { packed: 100, unpacked: 400 },
  // Its cases and nothing else; those of levels, providers that prove two factors and rows of former owners need 20;
  // user handles that are not known 5, imported sessions the last 15.
  'torii-conformance': { packed: 395 },
  // Half of it are maps and sources for debuggers; every statement declares its parameters by name;
  // live links, used states and the sweep of accounts need 20; doctor and the commands on users and keys 65;
  // masked passwords and control characters of the command, and the error for missing tables, 5; definitions for three
  // libraries 20; second factors and the statements of OAuth sign-ins that come together 80; trusted browsers 10;
  // passkeys as the second factor and the undo of it 20; import and export 30; passkeys that are enrolled at a sign-in, and
  // passwords after possession, 10; the databases and exports of eight systems that accounts come from, 60; passkeys and
  // second factors in import and export, imported sessions, and comparing with the source, the last 60.
  'torii-storage-postgres': { packed: 700 },
  // The list of common passwords is in it as source and as build; forms of landing pages, encrypted states, known
  // browsers and the thread that sends mail need 60; messages that say what to do, and the entries for frameworks,
  // 50; own fields, hooks, trusted origins and the services of the command 25; the session of views, its entries, 20;
  // the texts of pages and errors in two languages, and pages by a look or a renderer, 35; the test kit of applications 20;
  // second factors, also those that are required, 90; trusted browsers 40; passkeys as the second factor and the undo of
  // it 40; password hashes of other systems the last 30.
  'torii-auth': { packed: 1440 },
  'torii-authjs': { packed: 40 },
  // The template is half of it.
  'create-torii-auth': { packed: 24 },
}

/** The tarballs as npm would make them now. */
export function packedSizes(root) {
  const output = execFileSync(
    'npm',
    ['pack', '--workspaces', '--dry-run', '--json', '--ignore-scripts'],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    },
  )
  return JSON.parse(output)
    .filter((packed) => packed.name in budgets)
    .map((packed) => ({
      name: packed.name,
      packedKib: Math.ceil(packed.size / 1024),
      unpackedKib: Math.ceil(packed.unpackedSize / 1024),
    }))
}

/** The packages over their budget. */
export const sizeProblems = (sizes) =>
  sizes.flatMap(({ name, packedKib, unpackedKib }) => {
    const { packed, unpacked = Number.POSITIVE_INFINITY } = budgets[name]
    return [
      ...(packedKib > packed ? [overBudget(name, packedKib, 'packed', packed)] : []),
      ...(unpackedKib > unpacked ? [overBudget(name, unpackedKib, 'unpacked', unpacked)] : []),
    ]
  })

const overBudget = (name, kib, how, budget) =>
  `${name}: ${kib} KiB ${how}, budget ${budget}: remove something, or raise the budget and say why`

export async function check(root) {
  const sizes = packedSizes(root)
  const missing = Object.keys(budgets).filter(
    (each) => !sizes.some((packed) => packed.name === each),
  )
  return [
    ...missing.map((each) => `${each}: not packed`),
    ...sizeProblems(sizes),
    ...browserSizeProblems(await browserSizes(root)),
  ]
}
