import { accountPath } from '../../page.js'

export const securityPath = `${accountPath}/security`
export const sessionsPath = `${accountPath}/sessions`
export const dataPath = `${accountPath}/data`

/** The pages of an account, in the order of their tabs. */
export const accountPaths: readonly string[] = [accountPath, securityPath, sessionsPath, dataPath]
