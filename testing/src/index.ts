export { type CatalogueQuery, catalogue } from './catalogue.js'
export { isClockQuestion } from './clock-question.js'
export { compiledUrl } from './compiled-url.js'
export { type TestDatabase, testDatabase } from './database.js'
export { elapse } from './elapse.js'
export {
  type InstalledVersion,
  installFormerVersion,
  installThisVersion,
} from './former-version.js'
export { createSecretSearch, secretsOfThisFile } from './issued-secrets.js'
export { isMatrixRun } from './matrix-run.js'
export { findPgBouncer, type PgBouncer, startPgBouncer } from './pgbouncer.js'
export { runUpgrade, type UpgradeOptions, type UpgradeReport } from './run-upgrade.js'
export { secretsAtRest } from './secrets-at-rest.js'
export { type ServerOptions, startServer, type TestServer } from './server.js'
export { canStartStandby, startStandby, type TestStandby } from './standby.js'
