export { ToriiAdapter } from './adapter.js'
export type { AdapterRefusalReason } from './adapter-refusal.js'
export { AdapterRefusal } from './adapter-refusal.js'
export type { TokenEncryption, TokenRecord, ToriiAdapterOptions } from './options.js'
