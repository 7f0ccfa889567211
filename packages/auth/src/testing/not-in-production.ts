import { ToriiError } from 'torii-core'

/**
 * Everything here signs in without a proof, moves stored times or answers for a provider: none of it belongs into a
 * process of production.
 * @throws ToriiError `ERR_MISUSE` if `NODE_ENV` is `production`
 */
export function refuseProduction(env: NodeJS.ProcessEnv = process.env): void {
  if (env.NODE_ENV !== 'production') return
  throw new ToriiError(
    'ERR_MISUSE',
    'torii-auth/testing does not run where NODE_ENV is production: import it in tests only, and run them with NODE_ENV=test',
  )
}
