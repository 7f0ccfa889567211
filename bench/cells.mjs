/** What is measured: each cell a flow of a subject with a number of callers. */

const node = (flow, subject, scope, callers) => ({ flow, subject, scope, callers })
const pgbench = (flow, script, callers) => ({
  flow,
  subject: script === 'pipeline' ? 'pgbench, 16 deep' : 'pgbench',
  scope: 'storage',
  callers,
  script,
})

const both = (flow, subjects, scope, callers) =>
  subjects.map((subject) => node(flow, subject, scope, callers))

const peers = ['Better Auth', 'Auth.js', 'Lucia']

/** Every cell; those of pgbench are left out where there is none. */
export const allCells = [
  ...[1, 64, 256].flatMap((callers) => [
    node('validate', 'Torii', 'storage', callers),
    ...(callers === 64 ? both('validate', ['pg', 'Auth.js', 'Lucia'], 'storage', 64) : []),
  ]),
  node('validate', 'pg', 'storage', 1),
  ...[1, 4, 8, 16].map((clients) => pgbench('validate', 'look', clients)),
  ...[1, 2, 4].map((clients) => pgbench('validate', 'pipeline', clients)),
  ...both('validate', ['Torii', ...peers], 'api', 64),
  ...both('validate', ['Torii', ...peers], 'api', 1),
  ...both('session request', ['Torii', 'Better Auth', 'Auth.js'], 'api', 64),
  ...both('open session', ['Torii', ...peers], 'storage', 64),
  ...[4, 8, 16].map((clients) => pgbench('open session', 'insert', clients)),
  ...both('sign out', ['Torii', ...peers], 'api', 16),
  ...both('register', ['Torii', 'Better Auth'], 'api', 16),
  ...both('sign in', ['Torii', 'Better Auth'], 'api', 16),
  ...both('register, hash excluded', ['Torii', 'Better Auth'], 'storage', 16),
  ...both('sign in, hash excluded', ['Torii', 'Better Auth'], 'storage', 16),
  node('sign in with a code, hash excluded', 'Torii', 'storage', 16),
  ...both('magic link', ['Torii', 'Better Auth', 'Auth.js'], 'storage', 16),
  ...both('oauth known', ['Torii', 'Better Auth', 'Auth.js'], 'storage', 16),
  ...both('oauth new', ['Torii', 'Better Auth', 'Auth.js'], 'storage', 16),
  node('passkey', 'Torii', 'storage', 16),
  ...['magic link', 'oauth known', 'oauth new'].flatMap((flow) =>
    both(flow, ['Torii', 'Better Auth', 'Auth.js'], 'api', 16),
  ),
  node('passkey', 'Torii', 'api', 16),
]

/** The module of each subject. */
export const modules = {
  Torii: './subjects/torii.mjs',
  pg: './subjects/raw-pg.mjs',
  'Better Auth': './subjects/better-auth.mjs',
  'Auth.js': './subjects/auth-js.mjs',
  Lucia: './subjects/lucia.mjs',
}
