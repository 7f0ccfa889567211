/** Native code and WebAssembly stay in node_modules; a bundler has no use for them. */
export default {
  serverExternalPackages: ['torii-auth', 'torii-core', 'torii-storage-postgres'],
}
