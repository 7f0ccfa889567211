import { PostgresStorage } from 'torii-storage-postgres'

/** Migrates the empty template database that every test database is a copy of. */
export async function prepareTemplate(url: string): Promise<void> {
  const storage = await PostgresStorage.connect(url)
  try {
    await storage.migrate()
  } finally {
    await storage.close()
  }
}
