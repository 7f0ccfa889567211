import { openAuth } from '../../../auth'

const answer = async (request: Request): Promise<Response> => (await openAuth())(request)

export { answer as DELETE, answer as GET, answer as HEAD, answer as PATCH, answer as POST }
