/**
 * Native code and WebAssembly stay in node_modules; a bundler has no use for them. torii-auth must be bundled: torii-auth/react
 * needs the React that Next.js brings.
 */
export default {
  serverExternalPackages: [
    '@node-rs/argon2',
    '@node-rs/bcrypt',
    'torii-core',
    'torii-storage-postgres',
  ],
}
