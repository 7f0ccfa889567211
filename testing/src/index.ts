export { type CatalogueQuery, catalogue } from './catalogue.js'
export { type TestDatabase, testDatabase } from './database.js'
export { elapse } from './elapse.js'
export { type ServerOptions, startServer, type TestServer } from './server.js'
