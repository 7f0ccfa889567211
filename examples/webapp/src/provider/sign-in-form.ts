import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Html, html } from '../html.js'

/** The submitted form. */
export type SignInForm =
  | { readonly kind: 'person'; readonly email: string; readonly name: string }
  | { readonly kind: 'declined' }
  | { readonly kind: 'invalid'; readonly problem: string }

const maxBodyBytes = 4096

/** Reads the provider's form. */
export async function readSignInForm(request: IncomingMessage): Promise<SignInForm> {
  let body = ''
  for await (const chunk of request) {
    body += String(chunk)
    if (body.length > maxBodyBytes) return { kind: 'invalid', problem: 'The form is too long.' }
  }
  const fields = new URLSearchParams(body)
  if (fields.get('answer') !== 'yes') return { kind: 'declined' }
  const email = (fields.get('email') ?? '').trim().toLowerCase()
  const name = (fields.get('name') ?? '').trim()
  if (!/^[^@\s]+@[^@\s]+$/.test(email))
    return { kind: 'invalid', problem: 'Enter an email address.' }
  return { kind: 'person', email, name: name || email.replace(/@.*$/, '') }
}

const style = `
:root { color-scheme: light dark; --ground: #eef1f4; --card: #fff; --text: #1c2733; --quiet: #556270;
  --edge: #7d8894; --line: #d9dfe5; --act: #22577a; --bad: #b3240c }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161a; --card: #1b2026; --text: #e9eef3; --quiet: #a3afbb; --edge: #74808c;
    --line: #323a43; --act: #2b6a93; --bad: #ff9078 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 24rem; padding: 28px; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px }
h1 { margin: 0 0 8px; font-size: 1.35rem; line-height: 1.3 }
p { margin: 0 0 20px; color: var(--quiet) }
label { display: block; margin: 0 0 6px; font-weight: 600 }
input { width: 100%; min-height: 46px; margin: 0 0 16px; padding: 8px 12px; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--edge); border-radius: 8px }
button { width: 100%; min-height: 46px; margin: 4px 0 8px; font: inherit; font-weight: 600; border-radius: 8px;
  cursor: pointer; color: #fff; background: var(--act); border: 1px solid transparent }
button.plain { color: inherit; background: none; border-color: var(--edge) }
.bad { color: var(--bad); font-weight: 600 }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
`
const styleHash = createHash('sha256').update(style).digest('base64')
const styleElement = Html.join([`<style>${style}</style>`], [])

/** The content of the page. */
interface SignInPage {
  readonly uid: string
  /** The site that the user came from and returns to. */
  readonly baseUrl: string
  readonly problem: string | null
}

/** Shows the provider's page. Its form leads back to the site, which the policy must allow. */
export function answerSignInForm(
  response: ServerResponse,
  { uid, baseUrl, problem }: SignInPage,
): void {
  const { host } = new URL(baseUrl)
  response.writeHead(problem === null ? 200 : 422, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self' ${baseUrl}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Local provider</title>
${styleElement}
</head>
<body>
<main>
<h1>Local provider</h1>
<p>Sign in to ${host}. This provider is for testing: it accepts any email address and name.</p>
${problem !== null && html`<p class="bad" role="alert">${problem}</p>`}
<form method="post" action="/interaction/${uid}">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" required autofocus>
<label for="name">Name</label>
<input id="name" name="name" autocomplete="name">
<button name="answer" value="yes">Continue to ${host}</button>
<button name="answer" value="no" class="plain" formnovalidate>Decline</button>
</form>
</main>
</body>
</html>
`
  response.end(page.toString())
}
