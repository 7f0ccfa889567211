// The whole page: loading, signed out and signed in, over Torii's routes for password and sessions.
// The session itself is an HttpOnly cookie that this script never sees.
// Text from the server goes through textContent only.

import { describeDevice, inWords, showTime } from './words.js'

const REQUEST_TIMEOUT_MS = 15_000
const SESSIONS_LEAD = 'Everywhere this account is signed in.'

/** Why the person stands before the forms. */
const FIRST_VISIT = {
  title: 'Welcome',
  text: 'Passwords and sessions, kept in your own PostgreSQL.',
}
const SIGNED_OUT = { title: 'Signed out', text: 'This browser no longer has a session.' }
const SESSION_ENDED = {
  title: 'Session ended',
  text: 'It was revoked elsewhere, or it expired. Sign in to go on.',
}

const byId = (id) => document.getElementById(id)
const forms = { register: byId('register-form'), signIn: byId('sign-in-form') }
const tabs = [byId('register-tab'), byId('sign-in-tab')]

/* ---------- Asking the server ---------- */

/** Answers `{ok, status, body, retryAfterSeconds}` and never throws: status 0 is no usable answer. */
async function request(method, path, input) {
  try {
    const response = await fetch(path, {
      method,
      headers: input ? { 'content-type': 'application/json' } : {},
      body: input ? JSON.stringify(input) : undefined,
      cache: 'no-store',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const retryAfterSeconds = Number(response.headers.get('retry-after')) || 0
    return {
      ok: response.ok,
      status: response.status,
      body: await readBody(response),
      retryAfterSeconds,
    }
  } catch {
    return { ok: false, status: 0, body: {}, retryAfterSeconds: 0 }
  }
}

/** A refusal without JSON (a proxy's page) keeps its status; a success without JSON is no answer. */
async function readBody(response) {
  if (response.status === 204) return {}
  return response.ok ? response.json() : response.json().catch(() => ({}))
}

/** What to tell the person about an answer that was not ok. */
function explain({ status, body }) {
  if (status === 0) return 'The server did not answer. See that it is running, then try again.'
  if (status === 503)
    return 'The server cannot reach its database at the moment. Try again shortly.'
  return body.message ?? `Something went wrong on the server (status ${status}). Try again shortly.`
}

/* ---------- States ---------- */

/** Shows one state; with `focus`, moves the focus to its heading so that it is read out. */
function showState(id, { title, focus }) {
  for (const view of document.querySelectorAll('.view')) view.hidden = view.id !== id
  document.title = `${title} · Torii quickstart`
  if (!focus) return
  window.scrollTo(0, 0)
  byId(`${id}-title`).focus()
}

async function start({ focus }) {
  const answer = await request('GET', '/auth/session')
  if (answer.ok) return showSignedIn(answer.body.user, { focus })
  if (answer.status === 401) return showSignedOut(FIRST_VISIT, { focus })
  byId('trouble-message').textContent = explain(answer)
  showState('trouble', { title: 'Not available', focus: true })
}

/** Who was signed in before probably has an account, and finds the second tab open. */
function showSignedOut(reason, { focus }) {
  byId('signed-out-title').textContent = reason.title
  byId('signed-out-lead').textContent = reason.text
  selectTab(reason === FIRST_VISIT ? tabs[0] : tabs[1])
  showState('signed-out', { title: reason.title, focus })
  drawSessions([])
}

/** The list is fetched before the state is shown, so that nothing jumps. */
async function showSignedIn(user, { focus }) {
  showAccount(user)
  say(SESSIONS_LEAD)
  const live = await refreshSessions()
  if (live) showState('signed-in', { title: 'Signed in', focus })
  resetForms()
}

const sessionEnded = () => showSignedOut(SESSION_ENDED, { focus: true })

/* ---------- Signed out: the two forms ---------- */

function selectTab(selected) {
  for (const tab of tabs) {
    tab.setAttribute('aria-selected', String(tab === selected))
    tab.tabIndex = tab === selected ? 0 : -1
    byId(tab.getAttribute('aria-controls')).hidden = tab !== selected
  }
}

/** Arrow keys, Home and End, as the ARIA tabs pattern has them. */
function moveBetweenTabs(event) {
  const here = tabs.indexOf(event.target)
  const target = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: -1 }[event.key]
  if (target === undefined) return
  event.preventDefault()
  const tab = tabs.at(target % tabs.length)
  selectTab(tab)
  tab.focus()
}

function signInInstead() {
  forms.signIn.elements.email.value = forms.register.elements.email.value
  selectTab(tabs[1])
  forms.signIn.elements.password.focus()
}

function revealPassword(button, visible) {
  byId(button.getAttribute('aria-controls')).type = visible ? 'text' : 'password'
  button.textContent = visible ? 'Hide' : 'Show'
  button.setAttribute('aria-label', visible ? 'Hide password' : 'Show password')
}

async function submitForm(event) {
  event.preventDefault()
  const form = event.currentTarget
  if (countdowns.has(form)) return
  clearMessages(form)
  const empty = [...form.elements].find((input) => input.required && input.value === '')
  if (empty) return showFieldError(empty, 'Fill in this field.')

  const button = form.querySelector('[type=submit]')
  await whileBusy(button, async () => {
    const answer = await request('POST', form.getAttribute('action'), readForm(form))
    if (!answer.ok) return showRefusal(form, answer)
    await showSignedIn(answer.body.user, { focus: true })
  })
}

/** The filled fields; a password goes exactly as typed, and an empty name is left out. */
function readForm(form) {
  const filled = [...new FormData(form)].filter(([, value]) => value !== '')
  return Object.fromEntries(filled)
}

/** Puts a refusal where it belongs: by the field it names, or below the form. */
function showRefusal(form, answer) {
  const message = explain(answer)
  if (answer.status === 429) return startCountdown(form, message, answer.retryAfterSeconds)

  const { error, field } = answer.body
  const fieldByError = { email_taken: 'email', password_rejected: 'password' }
  const input = form.elements.namedItem(field ?? fieldByError[error])
  if (input) showFieldError(input, message)
  else showFormError(form, message)
  if (error === 'invalid_credentials') form.elements.password.focus()
  byId('sign-in-instead').hidden = error !== 'email_taken'
}

function showFieldError(input, message) {
  byId(`${input.id}-error`).textContent = message
  input.setAttribute('aria-invalid', 'true')
  input.focus()
}

function clearFieldError(input) {
  byId(`${input.id}-error`).textContent = ''
  input.removeAttribute('aria-invalid')
}

function showFormError(form, message) {
  form.querySelector('.form-note .error').textContent = message
}

function clearMessages(form) {
  stopCountdown(form)
  for (const input of form.querySelectorAll('input')) clearFieldError(input)
  showFormError(form, '')
  byId('sign-in-instead').hidden = true
}

/** A wait belongs to the address it was answered for: another address may be tried at once. */
function onInput(event) {
  if (event.target.name === 'email') clearMessages(event.currentTarget)
  else clearFieldError(event.target)
}

function resetForms() {
  for (const form of Object.values(forms)) {
    form.reset()
    clearMessages(form)
    revealPassword(form.querySelector('.reveal'), false)
  }
}

/* ---------- Waiting after too many attempts ---------- */

const countdowns = new Map()

/** The message is announced once; the seconds tick outside its live region, so they are not. */
function startCountdown(form, message, seconds) {
  showFormError(form, message)
  if (seconds <= 0) return
  const endsAtMs = Date.now() + seconds * 1000
  const tick = () => {
    const left = Math.ceil((endsAtMs - Date.now()) / 1000)
    if (left > 0) return showSecondsLeft(form, left)
    stopCountdown(form)
    showFormError(form, 'You can try again now.')
  }
  countdowns.set(form, setInterval(tick, 250))
  form.querySelector('[type=submit]').setAttribute('aria-disabled', 'true')
  tick()
}

function showSecondsLeft(form, seconds) {
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  const text = `You can try again in ${clock}`
  const line = form.querySelector('.countdown')
  if (line.textContent !== text) line.textContent = text
}

function stopCountdown(form) {
  if (!countdowns.has(form)) return
  clearInterval(countdowns.get(form))
  countdowns.delete(form)
  form.querySelector('.countdown').textContent = ''
  form.querySelector('[type=submit]').removeAttribute('aria-disabled')
}

/* ---------- Signed in ---------- */

function showAccount(user) {
  const name = user.name || user.email || 'Signed in'
  byId('signed-in-title').textContent = name
  byId('account-initial').textContent = [...name][0].toUpperCase()
  byId('account-email').textContent = user.name && user.email ? user.email : ''
  const since = new Date(user.createdAt).toLocaleDateString('en', { dateStyle: 'medium' })
  byId('account-since').textContent = `Account since ${since}`
}

/** Fetches and draws the list; answers false when the session turned out to be over. */
async function refreshSessions() {
  const answer = await request('GET', '/auth/sessions')
  if (answer.status === 401) sessionEnded()
  else if (answer.ok) drawSessions(answer.body.sessions)
  else sayFailure(answer)
  return answer.status !== 401
}

function drawSessions(sessions) {
  const thisThenNewest = (a, b) =>
    b.current - a.current || Date.parse(b.lastActiveAt) - Date.parse(a.lastActiveAt)
  byId('sessions').replaceChildren(...[...sessions].sort(thisThenNewest).map(sessionItem))
  byId('others').hidden = sessions.every((session) => session.current)
}

function sessionItem(session) {
  const item = byId('session-template').content.cloneNode(true).firstElementChild
  const part = (name) => item.querySelector(`[data-part=${name}]`)
  const device = describeDevice(session.userAgent)
  part('icon').setAttribute('href', `#icon-${device.kind}`)
  part('device').textContent = device.name
  showTime(part('last-active'), session.lastActiveAt, 'past')
  showTime(part('expires'), session.expiresAt, 'future')
  part('methods').textContent = session.methods.map(inWords).join(', ')
  part('ip').textContent = session.ip ?? 'Unknown'
  if (session.current) part('revoke').remove()
  else part('current').remove()
  part('revoke')?.setAttribute(
    'aria-label',
    `Revoke ${device.name}, last active ${part('last-active').textContent}`,
  )
  part('revoke')?.addEventListener('click', (event) =>
    revoke(event.currentTarget, session, device.name),
  )
  return item
}

async function revoke(button, session, name) {
  await whileBusy(button, async () => {
    const answer = await request('DELETE', `/auth/sessions/${encodeURIComponent(session.id)}`)
    const gone = answer.ok || answer.status === 404
    await finishChange(gone ? { ...answer, ok: true } : answer, `Revoked: ${name}.`)
  })
}

const revokeOthers = (button) =>
  whileBusy(button, async () => {
    const answer = await request('POST', '/auth/sessions/revoke-others')
    const count = answer.body.revoked
    await finishChange(answer, `Signed out ${count} other ${count === 1 ? 'session' : 'sessions'}.`)
  })

/** After a change: back to signed out, or the reason it failed, or the new list and what was done. */
async function finishChange(answer, done) {
  if (answer.status === 401) return sessionEnded()
  if (!answer.ok) return sayFailure(answer)
  say(done)
  if (await refreshSessions()) byId('sessions-title').focus()
}

const refresh = (button) =>
  whileBusy(button, async () => {
    say(SESSIONS_LEAD)
    await refreshSessions()
  })

const signOut = (button) =>
  whileBusy(button, async () => {
    const answer = await request('POST', '/auth/sign-out')
    if (answer.ok || answer.status === 401) showSignedOut(SIGNED_OUT, { focus: true })
    else sayFailure(answer)
  })

function say(text) {
  byId('sessions-status').className = 'muted'
  byId('sessions-status').textContent = text
}

function sayFailure(answer) {
  say(explain(answer))
  byId('sessions-status').className = 'error'
}

/* ---------- Wiring ---------- */

/** Runs one task per button at a time; aria-busy rather than disabled, so that the focus stays. */
async function whileBusy(button, task) {
  if (button.hasAttribute('aria-busy')) return
  button.setAttribute('aria-busy', 'true')
  try {
    await task()
  } finally {
    button.removeAttribute('aria-busy')
  }
}

/** Shows what `/info` says, as it says it; the line stays away when there is no such route. */
async function showWhereDataLives() {
  const { ok, body } = await request('GET', '/info')
  if (!ok || !body.database || !body.schema) return
  byId('where-database').textContent = body.database
  byId('where-schema').textContent = body.schema
  byId('where').hidden = false
}

function onClick(id, action) {
  byId(id).addEventListener('click', (event) => action(event.currentTarget))
}

function wire() {
  for (const form of Object.values(forms)) {
    form.addEventListener('submit', submitForm)
    form.addEventListener('input', onInput)
    const reveal = form.querySelector('.reveal')
    reveal.addEventListener('click', () =>
      revealPassword(reveal, form.elements.password.type === 'password'),
    )
  }
  for (const tab of tabs) {
    tab.addEventListener('click', () => selectTab(tab))
    tab.addEventListener('keydown', moveBetweenTabs)
  }
  onClick('sign-in-instead', signInInstead)
  onClick('sign-out', signOut)
  onClick('revoke-others', revokeOthers)
  onClick('refresh', refresh)
  onClick('trouble-retry', (button) => whileBusy(button, () => start({ focus: true })))
}

byId('loading').hidden = false
wire()
await Promise.all([showWhereDataLives(), start({ focus: false })])
