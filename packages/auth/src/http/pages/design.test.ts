import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { LogEvent, Texts } from '../../index.js'
import { englishTexts, germanTexts } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { baseUrl, newEmail, openTestSite } from '../../test/site.test.support.js'
import type { HandlerOptions, Page } from '../index.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'

const mailbox = await openMailbox()
const site = await openTestSite({ mailer: mailbox.mailer })
const pages = { signedIn: '/home' }
const named = site.with({ mailer: mailbox.mailer, mail: { appName: 'A"><b>cme' } })
const path = '/auth/magic-link'

/** What JavaScript callers can hand over. */
const handlerWith = (options: object, torii = site.torii) =>
  browser(createHandler(torii, { pages, ...options } as HandlerOptions))
const refuses = (options: object, message: RegExp) =>
  assert.throws(() => handlerWith(options), { code: 'ERR_INVALID_OPTIONS', message })

/** Opens a new magic link as a browser does, with the given options of the handler. */
async function openLink(options: object, headers: Record<string, string> = {}, torii = site.torii) {
  const send = handlerWith(options, torii)
  const email = newEmail()
  await send('POST', `${path}/request`, { body: { email } })
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'magic_link')
  const first = await send('GET', `${path}?token=${token}`)
  const cookie = first.headers
    .getSetCookie()
    .map((set) => set.split(';', 1)[0])
    .join('; ')
  const page = await send('GET', path, { cookie, headers })
  const nonce = /__Host-torii-landing=([^;]+)/.exec(cookie)?.[1] ?? ''
  const post = () =>
    send('POST', `${path}/authenticate`, {
      body: new TextEncoder().encode(new URLSearchParams({ token, nonce }).toString()),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: baseUrl, ...headers },
      cookie,
    })
  return { email, token, nonce, page, post }
}

const policyOf = ({ headers }: { headers: Headers }) => headers.get('content-security-policy') ?? ''
const german = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.8' }

test('a page is in the language of the browser, and says so', async () => {
  const { page, email } = await openLink({}, german)
  assert.match(page.text, /<html lang="de">[\s\S]*<h1>Anmelden<\/h1>/)
  assert.ok(page.text.includes(`Sie melden sich an als <strong>${email}</strong>`))
  assert.equal(page.headers.get('vary'), 'accept-language')
  const english = (await openLink({}, { 'accept-language': 'fr' })).page
  assert.match(english.text, /<html lang="en">[\s\S]*<h1>Sign in<\/h1>/)
  const expired = await handlerWith({})('GET', path, { headers: german })
  assert.equal(expired.status, 401)
  assert.match(expired.text, /Dieser Link ist nicht mehr gültig/)
})

test('errors are in the language of the browser, as JSON and on a page; codes stay', async () => {
  const send = handlerWith({})
  const body = { email: newEmail(), password: 'not the right password' }
  const refused = await send('POST', '/auth/password/authenticate', { body, headers: german })
  assert.deepEqual(
    [refused.json.error, refused.json.message],
    ['invalid_credentials', germanTexts.errors.invalid_credentials],
  )
  const short = { email: newEmail(), password: 'short' }
  const rejected = await send('POST', '/auth/password/register', { body: short, headers: german })
  assert.equal(
    rejected.json.message,
    'Verwenden Sie mindestens 15 Zeichen. Einige Wörter hintereinander sind leicht zu merken.',
  )
  const exact = await send('POST', '/auth/password/register', { body: short })
  assert.match(exact.json.message, /^Use at least 15 characters\./)
  const missing = await send('GET', '/auth/nothing', { headers: german })
  assert.equal(missing.json.message, 'Nicht gefunden.')
})

test('languages replaces the languages; the first one is taken where none fits', async () => {
  const { page } = await openLink({ languages: { en: englishTexts } }, german)
  assert.match(page.text, /<html lang="en">/)
  const shouting: Texts = {
    ...germanTexts,
    pages: { ...germanTexts.pages, magic_link: { ...germanTexts.pages.magic_link, button: 'LOS' } },
  }
  const other = await openLink({ languages: { 'de-CH': shouting, en: englishTexts } })
  assert.match(other.page.text, /<html lang="de-CH">[\s\S]*<button type="submit">LOS<\/button>/)
})

test('T10.184 a translation that misses a text, or hides whom a link is about, is refused at start with its path', () => {
  const { magic_link: link } = englishTexts.pages
  const withLink = (magic_link: object) => ({
    languages: { fr: { ...englishTexts, pages: { ...englishTexts.pages, magic_link } } },
  })
  refuses(
    withLink({ ...link, introduction: 'Bonjour' }),
    /languages\.fr\.pages\.magic_link\.introduction: must contain \{email\}/,
  )
  refuses(
    withLink({ ...link, button: undefined }),
    /languages\.fr\.pages\.magic_link\.button: must be a text, like "Sign in" in English/,
  )
  refuses(withLink({ ...link, buton: 'x' }), /languages\.fr\.pages\.magic_link\.buton: .*button/)
  refuses({ languages: { fr: { pages: {} } } }, /languages\.fr\./)
  refuses({ languages: { fr: null } }, /languages\.fr: must be an object/)
  for (const languages of [null, [], 'en']) refuses({ languages }, /languages/)
  refuses({ languages: {} }, /languages: must have 1 to 50 languages/)
  for (const code of ['', 'EN', 'e', 'en_US', '"><b>', 'en"'])
    refuses({ languages: { [code]: englishTexts } }, /must be named like en, de or pt-BR/)
})

test('T10.180 markup in a text, the name or the error of a form is inert on the page', async () => {
  const evil = '<img src=x onerror=alert(1)> {email} " \' {token}'
  const link = { heading: evil, introduction: evil, button: evil }
  const languages = { en: { ...englishTexts, pages: { ...englishTexts.pages, magic_link: link } } }
  const look = { logo: '/logo.svg', stylesheet: '/torii.css?v=1&x' }
  const { page, email, token } = await openLink({ languages, look }, {}, named)
  assert.equal(page.text.match(/<img/g)?.length, 1)
  assert.ok(page.text.includes('<img src="/logo.svg" alt="A&#34;&#62;&#60;b&#62;cme">'))
  assert.ok(page.text.includes('<link rel="stylesheet" href="/torii.css?v=1&#38;x">'))
  assert.equal(page.text.match(/<b>/g), null)
  assert.ok(page.text.includes(`onerror=alert(1)&#62; <strong>${email}</strong>`))
  assert.equal(page.text.split(token).length, 2)
})

test('T10.181 a logo and a style sheet load what they name, and nothing else', async () => {
  const plain = await openLink({})
  assert.match(
    policyOf(plain.page),
    /^default-src 'none'; style-src 'sha256-[^ ;]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  )
  assert.doesNotMatch(plain.page.text, /<link|<img/)
  const own = await openLink({ look: { logo: '/logo.svg', stylesheet: '/torii.css' } })
  assert.match(
    policyOf(own.page),
    /^default-src 'none'; style-src 'sha256-[^ ;]+' 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  )
  assert.ok(own.page.text.indexOf('</style>') < own.page.text.indexOf('<link rel="stylesheet"'))
  const logo = 'https://cdn.acme.example/logo.svg?v=2'
  const elsewhere = policyOf((await openLink({ look: { logo } })).page)
  assert.match(elsewhere, /'; img-src https:\/\/cdn\.acme\.example; form-action 'self'; base-uri/)
  const both = await openLink({ look: { logo, icon: '/favicon.svg?v=1&x' } })
  assert.match(policyOf(both.page), /'; img-src https:\/\/cdn\.acme\.example 'self'; form-action/)
  assert.ok(both.page.text.includes('<link rel="icon" href="/favicon.svg?v=1&#38;x">'))
})

test('T10.181 a logo or style sheet that could be another site, or change the policy, is refused at start', () => {
  const wrong = ['', 'logo.svg', '//evil.example/x', '/\\evil.example', '/a b', '/a\n', 42, {}]
  const urls = [
    'http://cdn.example/x',
    'javascript:alert(1)',
    'data:image/svg+xml,x',
    'https://user@cdn.example/x',
    'https://cdn.example;script-src/x',
    'https://*.example/x',
    'https://CDN.example/x',
    "https://cdn.example'/x",
  ]
  for (const image of [...wrong, ...urls]) {
    refuses(
      { look: { logo: image } },
      /^option look\.logo: must be a path of this site, like \/logo\.svg/,
    )
    refuses(
      { look: { icon: image } },
      /^option look\.icon: must be a path of this site, like \/favicon\.svg/,
    )
  }
  for (const stylesheet of [...wrong, ...urls, 'https://cdn.example/x.css'])
    refuses({ look: { stylesheet } }, /^option look\.stylesheet: must be a path of this site/)
  refuses({ look: { styleSheet: '/x' } }, /look\.styleSheet: .*stylesheet/)
  refuses({ look: 'dark' }, /look: must be an object/)
  refuses({ renderPage: 'page.html' }, /renderPage: must be a function/)
})

const hiddenOf = (page: Extract<Page, { forms: unknown }>) =>
  (page.forms[0]?.fields ?? [])
    .map((field) =>
      field.type === 'hidden' ? `<input type=hidden name=${field.name} value=${field.value}>` : '',
    )
    .join('')
const ownPage = (page: Page) =>
  'forms' in page
    ? `<p lang=${page.language}>mine ${page.kind} ${'email' in page ? page.email : ''}<form method=post action=${page.forms[0]?.action}>${hiddenOf(page)}<button>${page.texts.magic_link.button}</button></form>`
    : null

test('renderPage renders a page, Torii sets status and headers; null leaves it to Torii', async () => {
  const { page, email, post } = await openLink({ renderPage: ownPage }, german)
  assert.match(page.text, new RegExp(`^<p lang=de>mine magic_link ${email}<form .*Anmelden`))
  assert.equal(
    policyOf(page),
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  for (const [name, value] of [
    ['referrer-policy', 'same-origin'],
    ['x-frame-options', 'DENY'],
    ['content-type', 'text/html; charset=utf-8'],
  ] as const)
    assert.equal(page.headers.get(name), value)
  const done = await post()
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/home'])
  const again = await handlerWith({ renderPage: ownPage })('GET', path)
  assert.match(again.text, /This link is no longer valid/)
})

test('T10.182 a renderer that leaves out the nonce or asks for any script is not shown: Torii shows its page, and logs why without the token', async () => {
  const events: LogEvent[] = []
  const torii = site.with({ mailer: mailbox.mailer, log: (event) => events.push(event) })
  const cases: readonly (readonly [(page: Page) => unknown, RegExp])[] = [
    [() => '<p>no form</p>', /page magic_link: left out the hidden field token/],
    [(page) => String(ownPage(page)).replace('name=nonce', 'name=nonc'), /hidden field nonce/],
    [(page) => String(ownPage(page)).replace(/(name=token value=)\w+/, '$1'), /hidden field token/],
    [(page) => String(ownPage(page)).replace('/magic-link/', '/'), /left out the action/],
    [() => 42, /must return HTML/],
    [
      (page) => ({ html: ownPage(page), sources: { scripts: [] } }),
      /returned sources\.scripts: name/,
    ],
    ...["'unsafe-inline'", '*', 'https:', "'self'; form-action *", 'https://a;b', '', 42].map(
      (source) =>
        [
          (page: Page) => ({ html: ownPage(page), sources: { script: [source] } }),
          /wrong source in sources\.script/,
        ] as const,
    ),
  ]
  for (const [renderPage, message] of cases) {
    events.length = 0
    const { page, token, nonce, post } = await openLink({ renderPage }, {}, torii)
    assert.match(page.text, /<h1>Sign in<\/h1>/)
    const [event, ...others] = events.filter(({ event }) => event === 'page_renderer_failed')
    assert.ok(event?.event === 'page_renderer_failed' && others.length === 0)
    const error = event.error as Error
    assert.match(error.message, message)
    assert.equal((error as Error & { code: string }).code, 'ERR_MISUSE')
    for (const secret of [token, nonce]) assert.ok(!error.message.includes(secret))
    assert.equal((await post()).status, 303)
  }
})

test('T10.182 a renderer names its scripts by hash or exact origin', async () => {
  const script = `'sha256-${'A'.repeat(43)}='`
  const sources = { script: [script], image: ['https://cdn.acme.example'] }
  const renderPage = async (page: Page) => ({ html: ownPage(page) ?? '', sources })
  const { page } = await openLink({ renderPage })
  assert.match(policyOf(page), /img-src 'self' https:\/\/cdn\.acme\.example;/)
  assert.ok(policyOf(page).includes(`; script-src ${script}; `))
})

test('T10.185 a renderer that throws or rejects breaks no link, and opening the page uses nothing up', async () => {
  const broken = [
    () => {
      throw new Error('down')
    },
    () => Promise.reject(new Error('down')),
  ]
  for (const renderPage of broken) {
    const { page, post } = await openLink({ renderPage })
    assert.deepEqual([page.status, /<h1>Sign in<\/h1>/.test(page.text)], [200, true])
    assert.equal((await post()).status, 303)
    const expired = await handlerWith({ renderPage })('GET', path)
    assert.equal(expired.status, 401)
  }
})
