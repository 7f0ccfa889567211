export const accountPath = '/account'
export const securityPath = '/account/security'

/** The pages of an account, in the order of their tabs. */
export const tabs: ReadonlyMap<string, string> = new Map([
  [accountPath, 'Profile'],
  [securityPath, 'Security'],
  ['/account/sessions', 'Sessions'],
  ['/account/data', 'Your data'],
])

export const accountPaths: readonly string[] = [...tabs.keys()]
