import type { Html } from '../html.js'
import { html } from '../html.js'
import type { View } from '../page.js'

/** The pages run no script: they are rendered on the server, and their forms need none. */
export const consoleHeaders: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
})

/** The values that the frame of a page shows. */
export interface Surroundings {
  /** Where the assets are. */
  readonly base: string
  /** Null without a session: the page then has no navigation. */
  readonly path: string | null
  readonly database: string
  readonly schema: string
}

const sections: readonly (readonly [path: string, text: string])[] = [
  ['/', 'Overview'],
  ['/users', 'Users'],
  ['/trail', 'Audit trail'],
]

export const renderConsole = (
  { title, content }: View,
  { base, path, database, schema }: Surroundings,
): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Torii console</title>
<link rel="icon" href="${base}/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/style.css">
<link rel="stylesheet" href="${base}/console.css">
</head>
<body class="console">
<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="${base}/favicon.svg" alt="" width="28" height="28">Torii <span class="badge">Console</span></a>
${path !== null && navigation(path)}
</header>
<main id="content" tabindex="-1">
${content}
</main>
<footer class="bottom">
<p>Data in ${database}, schema <code>${schema}</code></p>
<p>All times are UTC</p>
</footer>
</body>
</html>
`

const navigation = (path: string): Html => html`<nav class="top-nav" aria-label="Console">
${sections.map(
  ([to, text]) =>
    html`<a href="${to}"${isCurrent(path, to) && html` aria-current="page"`}>${text}</a>`,
)}
<form method="post" action="/sign-out"><button class="link">Sign out</button></form>
</nav>`

const isCurrent = (path: string, to: string): boolean =>
  path === to || (to !== '/' && path.startsWith(`${to}/`))
