// The entry `torii-auth/command`, which the command `torii-storage-postgres` loads for what needs services or keys.
export type { CommandOptions, CommandServices } from './command-services.js'
export { createCommandServices } from './command-services.js'
export type { FactorProblem, ImportedFactor } from './import-factors.js'
export type { ImportServices } from './import-services.js'
