import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { Hono } from 'hono'
import { requireSession, requireUser, sessionOf, userOf } from 'torii-auth/hono'
import { auth, port, torii } from './auth.js'
import { fieldsOf, messageOf, withTyped } from './forms.js'
import { accountPage, homePage, signInPage, signUpPage } from './pages.js'

const app = new Hono()
app.all('/auth/*', (context) =>
  auth(context.req.raw, { ip: getConnInfo(context).remote.address ?? null }),
)

app.get('/', async (context) => {
  const valid = await auth.getSession(context)
  return context.html(homePage(valid?.user.email ?? null))
})

app.get('/sign-in', (context) => context.html(signInPage()))
app.post('/sign-in', async (context) => {
  const typed = fieldsOf(await context.req.parseBody())
  const info = auth.requestInfo(context)
  const outcome = await withTyped(() => torii.password.authenticate(typed, info))
  if (!outcome.ok && outcome.reason === 'second_factor_required') {
    auth.setPendingCookie(context, outcome.pending)
    return context.redirect('/auth/second-factors/verify', 303)
  }
  if (!outcome.ok) {
    const page = signInPage({ email: typed.email, message: messageOf(outcome) })
    return context.html(page, 401)
  }
  await auth.setSessionCookie(context, outcome, context)
  return context.redirect('/account', 303)
})

app.get('/sign-up', (context) => context.html(signUpPage()))
app.post('/sign-up', async (context) => {
  const typed = fieldsOf(await context.req.parseBody())
  const info = auth.requestInfo(context)
  const outcome = await withTyped(() => torii.password.register(typed, info))
  if (!outcome.ok) {
    const page = signUpPage({ email: typed.email, message: messageOf(outcome) })
    return context.html(page, 422)
  }
  // Without a mailer a new account is signed in; with one its email address is verified first.
  if (outcome.session !== null) await auth.setSessionCookie(context, outcome, context)
  return context.redirect('/account', 303)
})

app.get('/account', requireUser(auth, { redirectTo: '/sign-in' }), (context) =>
  context.html(accountPage(userOf(context).email)),
)
app.post('/sign-out', requireSession(auth), async (context) => {
  const valid = sessionOf(context)
  await torii.sessions.revoke(valid, valid.session.id)
  auth.clearSessionCookie(context)
  return context.redirect('/sign-in', 303)
})

serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () =>
  console.log(`Listening on http://localhost:${port}`),
)
