/** A deployer: a process of its own that brings the schema to the version of its product. */
import { openProduct } from './product.mjs'

process.once('disconnect', () => process.exit(0))
process.once('message', async ({ product, url }) => {
  try {
    const { storage } = await openProduct(product, url)
    process.send('begun')
    await storage.migrate()
    await storage.close()
    process.exit(0)
  } catch (error) {
    console.error(`deployer: ${error.message} (${error.cause?.message ?? 'no cause'})`)
    process.exit(1)
  }
})
