/**
 * Which source files may import which. `npm run check -- floors` applies it.
 *
 * The floors of a package, from top to bottom. A room is a file or a folder of `src`. It may import from the floors below
 * it, but not from another room on its floor. Imports of types count like all others.
 */
export const floors = {
  'packages/auth': [
    ['index.ts', 'browser', 'command', 'frameworks', 'opentelemetry', 'testing'],
    ['http'],
    ['torii.ts'],
    ['in-transaction.ts'],
    ['services/admin'],
    // A passkey is a second factor too.
    ['services/second-factors'],
    [
      'services/email',
      'services/jwt',
      'services/magic-link',
      'services/oauth',
      'services/passkey',
      'services/password',
      'services/users',
    ],
    ['services/sessions'],
    ['services/links'],
    ['services/context'],
    ['services/effects'],
    ['services/options'],
    ['services/refusals.ts', 'services/sign-in.ts'],
    ['services/pending-sign-in.ts'],
    ['mail', 'oauth-client', 'password-hashing', 'rate-limits', 'webauthn'],
    ['password-policy'],
    ['crypto', 'events', 'one-time-codes', 'texts'],
    ['base'],
  ],
  'packages/storage-postgres': [
    ['index.ts', 'cli.ts'],
    ['import-accounts.ts'],
    ['command'],
    ['definitions', 'doctor', 'moving'],
    ['storage.ts'],
    ['tables'],
    ['migrate'],
    ['driver'],
    ['sql'],
    ['base'],
  ],
}

const escaped = (path) => path.replaceAll('.', '\\.')

/** Matches the paths of these rooms. */
export const roomForm = (folder, rooms) =>
  new RegExp(`^${folder}/src/(?:${rooms.map(escaped).join('|')})(?:/|$)`)

/** One rule per floor: nothing above it, and no other room of the same floor. */
const floorRules = Object.entries(floors).flatMap(([folder, own]) =>
  own.flatMap((rooms, level) => {
    const above = own.slice(0, level).flat()
    const upwards = {
      name: 'leads upwards',
      severity: 'error',
      from: { path: roomForm(folder, rooms).source },
      to: { path: above.length === 0 ? '^$' : roomForm(folder, above).source },
    }
    const sideways = rooms.map((room) => ({
      name: 'leads to a room beside',
      severity: 'error',
      from: { path: roomForm(folder, [room]).source },
      to: { path: roomForm(folder, rooms).source, pathNot: roomForm(folder, [room]).source },
    }))
    return [upwards, ...sideways]
  }),
)

// biome-ignore lint/style/noDefaultExport: the program depcruise reads its configuration from here
export default {
  forbidden: [
    {
      // Files of one folder may refer to each other's types.
      name: 'circle of files',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'circle of folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '^packages/' },
      to: { circular: true },
    },
    ...floorRules,
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '\\.test\\.' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  },
}
