import express from 'express'
import { requireUser, userOf } from 'torii-auth/express'
import { createNodeHandler } from 'torii-auth/http'
import { listUsers, requireRole, roleOf, roles, setRole } from './roles.js'

/** The routes of Torii under /auth, and those of the application under /api. */
export function createApp(services, { trustedProxyHops = 0 } = {}) {
  const { auth, storage } = services
  const app = express()
  app.disable('x-powered-by')
  // Before express.json(): it reads and limits the bodies of its requests itself.
  app.use(createNodeHandler(auth, { trustedProxyHops }))
  app.use('/api', express.json())

  app.get('/api/role', requireUser(auth), async (request, response) => {
    response.json({ role: await roleOf(storage, userOf(request)) })
  })

  app.get('/api/users', requireRole(services, 'owner'), async (_request, response) => {
    response.json({ users: await listUsers(storage) })
  })

  app.put('/api/users/:id/role', requireRole(services, 'owner'), async (request, response) => {
    const { id } = request.params
    const role = request.body?.role
    if (!roles.includes(role)) return response.status(400).json({ error: 'invalid_role' })
    // So there is always an owner.
    if (id === userOf(request).id) return response.status(409).json({ error: 'own_role' })
    if (!(await setRole(storage, id, role)))
      return response.status(404).json({ error: 'not_found' })
    response.status(204).end()
  })

  return app
}
