import express from 'express'
import { requireSession, requireUser, sessionOf, userOf } from 'torii-auth/express'
import { createNodeHandler } from 'torii-auth/http'
import { auth, port, torii } from './auth.js'
import { fieldsOf, messageOf, withTyped } from './forms.js'
import { accountPage, homePage, signInPage, signUpPage } from './pages.js'

const app = express()
app.use(createNodeHandler(auth))
// After Torii, which reads its own bodies.
app.use(express.urlencoded())

app.get('/', async (request, response) => {
  const valid = await auth.getSession(request)
  response.send(homePage(valid?.user.email ?? null))
})

app.get('/sign-in', (_request, response) => void response.send(signInPage()))
app.post('/sign-in', async (request, response) => {
  const typed = fieldsOf(request.body)
  const info = auth.requestInfo(request)
  const outcome = await withTyped(() => torii.password.authenticate(typed, info))
  if (!outcome.ok && outcome.reason === 'second_factor_required') {
    auth.setPendingCookie(response, outcome.pending)
    return response.redirect(303, '/auth/second-factors/verify')
  }
  if (!outcome.ok) {
    const page = signInPage({ email: typed.email, message: messageOf(outcome) })
    return response.status(401).send(page)
  }
  await auth.setSessionCookie(response, outcome, request)
  response.redirect(303, '/account')
})

app.get('/sign-up', (_request, response) => void response.send(signUpPage()))
app.post('/sign-up', async (request, response) => {
  const typed = fieldsOf(request.body)
  const info = auth.requestInfo(request)
  const outcome = await withTyped(() => torii.password.register(typed, info))
  if (!outcome.ok) {
    const page = signUpPage({ email: typed.email, message: messageOf(outcome) })
    return response.status(422).send(page)
  }
  // Without a mailer a new account is signed in; with one its email address is verified first.
  if (outcome.session !== null) await auth.setSessionCookie(response, outcome, request)
  response.redirect(303, '/account')
})

app.get('/account', requireUser(auth, { redirectTo: '/sign-in' }), (request, response) => {
  response.send(accountPage(userOf(request).email))
})
app.post('/sign-out', requireSession(auth), async (request, response) => {
  const valid = sessionOf(request)
  await torii.sessions.revoke(valid, valid.session.id)
  auth.clearSessionCookie(response)
  response.redirect(303, '/sign-in')
})

app.listen(port, '127.0.0.1', () => console.log(`Listening on http://localhost:${port}`))
