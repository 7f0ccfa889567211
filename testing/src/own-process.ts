/** A test file that shares its process with no other file. */
export interface OwnProcessFile {
  /** The end of its path, without `src`, `dist` and the extension. */
  file: string
  reason: string
}

/** The test files that run alone in a process of their own. All others share the processes of a run. */
export const ownProcessFiles: readonly OwnProcessFile[] = [
  {
    file: 'auth/*/services/oauth/oauth.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/services/oauth/access-token.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/services/oauth/single-use.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/password-hashing/hashing.test',
    reason: 'it replaces the functions of the native binding before the tested module takes them',
  },
  {
    file: 'auth/*/frameworks/frameworks.test',
    reason: 'the server of Hono replaces Request and Response, in an application too',
  },
  {
    file: 'auth/*/webauthn/compare-with-library.test',
    reason: 'the library adds the functions of tslib to the global object',
  },
  {
    file: 'auth/*/services/password/sign-up-fields.test',
    reason: 'Zod keeps its registry on the global object',
  },
  {
    file: 'auth/*/http/routes/sign-up.test',
    reason: 'Zod keeps its registry on the global object',
  },
  {
    file: 'auth/*/http/routes/route-limits.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/before-hooks.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/unknown-fields.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/transport.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/pending-transport.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/trusted-browsers.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/second-factors.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/second-factor-page.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/opentelemetry/no-secrets.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/remember.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
  {
    file: 'auth/*/http/routes/route-deadlines.test',
    reason: 'its support file opens a site while it loads, and closes it after the file',
  },
]

/** Whether a test file in `src` or `dist` runs in a process of its own. */
export function needsOwnProcess(path: string): boolean {
  const named = testName(path)
  return ownProcessFiles.some(({ file }) => named.endsWith(file))
}

/** The path of a test file without its extension, the same in `src` and `dist`. */
export const testName = (path: string): string =>
  path.replace(/\/(?:src|dist)\//, '/*/').replace(/\.[jt]s$/, '')
