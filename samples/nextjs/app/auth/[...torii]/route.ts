import { createRouteHandlers } from 'torii-auth/next'
import { openAuth } from '../../../auth'

export const { DELETE, GET, HEAD, OPTIONS, PATCH, POST } = createRouteHandlers(openAuth)
