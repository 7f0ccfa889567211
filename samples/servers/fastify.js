import Fastify from 'fastify'
import { requireSession, requireUser, sessionOf, userOf } from 'torii-auth/fastify'
import { createNodeHandler } from 'torii-auth/http'
import { auth, port, torii } from './auth.js'
import { fieldsOf, messageOf, withTyped } from './forms.js'
import { accountPage, homePage, signInPage, signUpPage } from './pages.js'

const serveAuth = createNodeHandler(auth)
const app = Fastify()

// A separate scope, since Torii reads its own bodies.
app.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _body, done) => done(null))
  scope.all('/auth/*', (request, reply) => serveAuth(request.raw, reply.hijack().raw))
})

// Fastify has no parser for forms.
app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
)
const html = (reply, page) => reply.type('text/html; charset=utf-8').send(page)

app.get('/', async (request, reply) => {
  const valid = await auth.getSession(request)
  return html(reply, homePage(valid?.user.email ?? null))
})

app.get('/sign-in', (_request, reply) => html(reply, signInPage()))
app.post('/sign-in', async (request, reply) => {
  const typed = fieldsOf(request.body)
  const info = auth.requestInfo(request)
  const outcome = await withTyped(() => torii.password.authenticate(typed, info))
  if (!outcome.ok && outcome.reason === 'second_factor_required') {
    auth.setPendingCookie(reply, outcome.pending)
    return reply.redirect('/auth/second-factors/verify', 303)
  }
  if (!outcome.ok) {
    const page = signInPage({ email: typed.email, message: messageOf(outcome) })
    return html(reply.code(401), page)
  }
  await auth.setSessionCookie(reply, outcome, request)
  return reply.redirect('/account', 303)
})

app.get('/sign-up', (_request, reply) => html(reply, signUpPage()))
app.post('/sign-up', async (request, reply) => {
  const typed = fieldsOf(request.body)
  const info = auth.requestInfo(request)
  const outcome = await withTyped(() => torii.password.register(typed, info))
  if (!outcome.ok) {
    const page = signUpPage({ email: typed.email, message: messageOf(outcome) })
    return html(reply.code(422), page)
  }
  // Without a mailer a new account is signed in; with one its email address is verified first.
  if (outcome.session !== null) await auth.setSessionCookie(reply, outcome, request)
  return reply.redirect('/account', 303)
})

app.get(
  '/account',
  { preHandler: requireUser(auth, { redirectTo: '/sign-in' }) },
  (request, reply) => html(reply, accountPage(userOf(request).email)),
)
app.post('/sign-out', { preHandler: requireSession(auth) }, async (request, reply) => {
  const valid = sessionOf(request)
  await torii.sessions.revoke(valid, valid.session.id)
  auth.clearSessionCookie(reply)
  return reply.redirect('/sign-in', 303)
})

await app.listen({ port, host: '127.0.0.1' })
console.log(`Listening on http://localhost:${port}`)
