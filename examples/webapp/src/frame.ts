import { createHash } from 'node:crypto'
import { Html, html } from './html.js'
import type { PageCall, View } from './page.js'
import { accountPath, signInPath } from './page.js'

/** The frame around every page of the site, and its response headers. */
export interface Frame {
  readonly headers: Readonly<Record<string, string>>
  render(view: View, call: PageCall): Html
}

/** The path of the assets, and whether the site is on https. */
interface FrameSite {
  readonly base: string
  readonly secure: boolean
}

export function createFrame({ base, secure }: FrameSite): Frame {
  const imports = JSON.stringify({
    imports: {
      'torii-auth/browser': `${base}/torii-auth/index.js`,
      '@simplewebauthn/browser': `${base}/simplewebauthn/index.js`,
    },
  })
  // The only inline script: browsers read import maps from nowhere else. It has no foreign text, and the policy
  // names its hash.
  const importMap = Html.join([`<script type="importmap">${imports}</script>`], [])
  return {
    headers: {
      ...pageHeaders(createHash('sha256').update(imports).digest('base64')),
      // @see OWASP ASVS 5.0, 3.4.1: at least a year
      ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    },
    render: (view, call) => render(base, importMap, view, call),
  }
}

/**
 * Only our own files run, and no text becomes markup in the browser. Pictures may come from other sites, since
 * users choose theirs, and a QR code is a blob of the page. The referrer stays within the site: without any, some browsers send `Origin: null`.
 * @see OWASP ASVS 5.0, 3.4.3 to 3.4.6
 */
const pageHeaders = (importMapHash: string): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `script-src 'self' 'sha256-${importMapHash}'`,
    "style-src 'self'",
    "img-src 'self' https: blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
})

function render(base: string, importMap: Html, { title, content }: View, call: PageCall): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Torii</title>
<link rel="icon" href="${base}/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/style.css">
${importMap}
<script type="module" src="${base}/app.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="${base}/favicon.svg" alt="" width="28" height="28">Torii</a>
<nav class="top-nav" aria-label="Site">${topLinks(call)}</nav>
</header>
<main id="content" tabindex="-1">
<noscript><p class="notice">This page requires JavaScript. You can also call the routes under <code>${call.site.torii.options.basePath}</code> with curl; see the README.</p></noscript>
${content}
</main>
<footer class="bottom">
${call.mailbox && html`<p><a href="/mailbox">Development mailbox</a></p>`}
<p>Data in ${call.site.database}, schema <code>${call.site.schema}</code></p>
</footer>
<p id="status" class="toast" role="status"></p>
</body>
</html>
`
}

const topLinks = ({ valid, path }: PageCall): Html => {
  if (valid !== null)
    return html`<a href="${accountPath}">Account</a>
<form method="post" data-action="sign-out"><button class="link">Sign out</button></form>`
  return html`${path !== signInPath && html`<a href="${signInPath}">Sign in</a>`}
${path !== '/register' && html`<a href="/register">Create account</a>`}`
}
