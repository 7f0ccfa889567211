import { Torii } from 'torii-auth'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { createRolesTable, giveFirstRole } from './roles.js'

/** Opens the database, and creates what signs people in. */
export async function openAuth({ databaseUrl, baseUrl, key }, mailer) {
  const storage = await PostgresStorage.connect(databaseUrl)
  await storage.migrate()
  await storage.transaction(createRolesTable)
  const torii = new Torii(storage, {
    baseUrl,
    keys: [{ id: '1', secret: key }],
    mailer,
    mail: { appName: 'My application' },
    hooks: { onUserCreated: giveFirstRole },
  })
  return { storage, torii, auth: createHandler(torii) }
}
