import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { secureHeaders } from 'hono/secure-headers'

/** What a page shows inside the document that all pages have. */
export interface View {
  readonly title: string
  readonly content: Child
  /** Default: 200. */
  readonly status?: 200 | 400 | 401 | 404 | 405 | 422 | 429 | 503
}

/** Where a page leads instead. */
export interface Redirect {
  readonly location: string
}

/**
 * The modules of the packages that our scripts import. Browsers read such a map only from within the page: it is the one
 * inline script, has no foreign text, and the policy names its hash.
 */
const importMap = (base: string): string =>
  JSON.stringify({
    imports: {
      'torii-auth/browser': `${base}/torii-auth/index.js`,
      '@simplewebauthn/browser': `${base}/simplewebauthn/index.js`,
    },
  })

const scriptsOf = (base: string) => html`
<script type="importmap">${raw(importMap(base))}</script>
<script type="module" src="${base}/app.js"></script>`

/** What differs between the site, the console and the local provider. */
interface Frame extends View {
  readonly base: string
  readonly nav?: Child
  readonly footer?: Child
  /** Whether the page runs our scripts. */
  readonly scripts?: boolean
}

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
<footer class="bottom">${footer}</footer>${scripts && html`<p id="status" class="toast" role="status"></p>`}
</body>
</html>`

/** What a page may do besides showing itself. */
interface Allowed {
  /** Where the assets are, if it runs our scripts; no other script runs, and no text becomes markup. */
  readonly scriptsAt?: string
  /** A site to which its forms lead. */
  readonly formsTo?: string
  readonly https?: boolean
}

/**
 * The response headers of pages. The referrer stays within the site: without any, some browsers send `Origin: null`.
 * @see OWASP ASVS 5.0, 3.4.1 to 3.4.6
 */
export function pageHeaders({ scriptsAt, formsTo, https = false }: Allowed) {
  const hash = createHash('sha256').update(importMap(scriptsAt ?? ''))
  const scripts = {
    scriptSrc: ["'self'", `'sha256-${hash.digest('base64')}'`],
    connectSrc: ["'self'"],
    frameSrc: ["'self'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  }
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      ...(scriptsAt === undefined ? {} : scripts),
      styleSrc: ["'self'"],
      // Users choose pictures of other sites, and a QR code is a blob of the page.
      imgSrc: scriptsAt === undefined ? ["'self'"] : ["'self'", 'https:', 'blob:'],
      formAction: formsTo === undefined ? ["'self'"] : ["'self'", formsTo],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    referrerPolicy: 'same-origin',
    strictTransportSecurity: https && 'max-age=31536000',
  })
}
