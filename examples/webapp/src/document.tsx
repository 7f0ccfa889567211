import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import type { Content } from './parts.js'

/** What a page shows inside the document that all pages have. */
export interface View {
  readonly title: string
  readonly content: Content
  /** Default: 200. */
  readonly status?: 200 | 400 | 401 | 404 | 405 | 429 | 503
}

/** What differs between the site, the console and the local provider. */
interface Frame extends View {
  /** The path of the assets. */
  readonly base: string
  readonly nav?: Content
  readonly footer?: Content
  /** Whether the page runs our scripts. */
  readonly scripts?: boolean
}

/**
 * The modules of the packages that our scripts import. Browsers read such a map only from within the page: it is the one
 * inline script, has no foreign text, and the policy names its hash.
 */
const importMap = (base: string): string =>
  `{"imports":{"torii-auth/browser":"${base}/torii-auth/index.js","@simplewebauthn/browser":"${base}/simplewebauthn/index.js"}}`

const scriptsOf = (base: string) => html`
<script type="importmap">${raw(importMap(base))}</script>
<script type="module" src="${base}/app.js"></script>`

/** A whole page: the same look for the site, the console and the local provider. Every text in it is escaped. */
export const toPage = ({ title, base, nav, footer, scripts = false, content }: Frame) =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${base}/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/look.css">
<link rel="stylesheet" href="${base}/style.css">${scripts && scriptsOf(base)}
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="${base}/logo.svg" alt="Torii" width="92" height="28"></a>
${nav}
</header>
<main id="content" tabindex="-1">${content}</main>
<footer class="bottom">${footer}</footer>
${scripts && html`<p id="status" class="toast" role="status"></p>`}
</body>
</html>`

/**
 * The response headers of pages. With the path of the assets, our own scripts run, and no text becomes markup; without it no
 * script runs. The referrer stays within the site: without any, some browsers send `Origin: null`.
 * @param formsTo another site to which forms lead
 * @see OWASP ASVS 5.0, 3.4.1 to 3.4.6
 */
export function pageHeaders(scriptsAt: string | null, https = false, formsTo: string[] = []) {
  const hash = createHash('sha256').update(importMap(scriptsAt ?? ''))
  const scripts = scriptsAt !== null && {
    scriptSrc: ["'self'", `'sha256-${hash.digest('base64')}'`],
    connectSrc: ["'self'"],
    frameSrc: ["'self'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  }
  return secureHeaders({
    contentSecurityPolicy: {
      ...{ defaultSrc: ["'none'"], ...scripts, styleSrc: ["'self'"] },
      // Users choose pictures of other sites, and a QR code is a blob of the page.
      imgSrc: scripts ? ["'self'", 'https:', 'blob:'] : ["'self'"],
      formAction: ["'self'", ...formsTo],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    ...{ xFrameOptions: 'DENY', referrerPolicy: 'same-origin' },
    strictTransportSecurity: https && 'max-age=31536000',
  })
}
