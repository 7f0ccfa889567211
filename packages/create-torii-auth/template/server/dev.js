import { createServer } from 'vite'
import { serve } from './serve.js'

// Vite compiles the page as it is asked for, on the same port as the server.
await serve(async (app) => {
  const vite = await createServer({ server: { middlewareMode: true } })
  app.use(vite.middlewares)
  return () => vite.close()
})
