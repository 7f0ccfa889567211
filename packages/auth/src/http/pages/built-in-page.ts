import { escapeHtml } from '../../mail/text.js'
import { placeholder } from '../../texts/fill.js'
import type { PageTexts } from '../../texts/texts.js'
import { passkeyScript, passwordScript, style } from './built-in-style.js'
import type { Look } from './look.js'
import type {
  CheckboxField,
  CodeField,
  EnrollPage,
  ExpiredPage,
  LinkPage,
  Page,
  PageForm,
  PasskeyForm,
  PasswordField,
  SecondFactorPage,
} from './page.js'

/** Whether a page has a button for a passkey, which runs a script. */
export const hasPasskeyButton = (page: Page): boolean => 'passkey' in page && page.passkey !== null

/** Whether a page has password fields, which a button shows and hides. */
const hasPasswordField = (page: Page): boolean =>
  'forms' in page && page.forms.some(({ fields }) => fields.some(({ type }) => type === 'password'))

/** Renders a page as Torii does without the option `renderPage`. All text is escaped here and nowhere else. */
export function renderBuiltInPage(page: Page, { logo, icon, stylesheet }: Look): string {
  const { language, appName, heading } = page
  const name = escapeHtml(appName)
  const sheet =
    stylesheet === null ? '' : `<link rel="stylesheet" href="${escapeHtml(stylesheet)}">\n`
  const tab = icon === null ? '' : `<link rel="icon" href="${escapeHtml(icon)}">\n`
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(`${heading} · ${appName}`)}</title>
${tab}<style>${style}</style>
${sheet}</head>
<body>
<main>
<p class="app">${logo === null ? name : `<img src="${escapeHtml(logo)}" alt="${name}">`}</p>
<div class="card">
<h1>${escapeHtml(heading)}</h1>
${contentOf(page)}
</div>
</main>
${scriptsOf(page)
  .map((script) => `<script>${script}</script>\n`)
  .join('')}</body>
</html>
`
}

/** The scripts of a page. Without them it works, except for passkeys. */
export const scriptsOf = (page: Page): readonly string[] => [
  ...(hasPasswordField(page) ? [passwordScript] : []),
  ...(hasPasskeyButton(page) ? [passkeyScript] : []),
]

function contentOf(page: Page): string {
  if ('forms' in page) return formContent(page)
  const { message, back } = page
  return `<p>${escapeHtml(message)}</p>
${linkOf(back)}`
}

const linkOf = ({ href, label }: ExpiredPage['back']): string =>
  `<p class="back"><a href="${escapeHtml(href)}">${escapeHtml(label)}</a></p>`

function formContent(page: LinkPage | SecondFactorPage | EnrollPage): string {
  const { texts, forms, error } = page
  const isLink = page.kind !== 'second_factor' && page.kind !== 'enroll_second_factor'
  const introduction = isLink ? introductionOf(page) : escapeHtml(page.introduction)
  return `<p>${introduction}</p>
${error === null ? '' : `<p class="bad" role="alert">${escapeHtml(error)}</p>`}
${page.kind === 'enroll_second_factor' ? shownOnce(page) : ''}${forms.map((form) => formOf(form, texts)).join('\n')}
${'passkey' in page && page.passkey !== null ? passkeyOf(page.passkey) : ''}${isLink ? ignoreOf(page) : linkOf(page.otherWay)}`
}

/** What a reader of the mail does who did not ask for it. */
function ignoreOf({ kind, texts }: LinkPage): string {
  const { ignore } = kind === 'undo_second_factor' ? texts[kind] : texts.common
  return `<p class="quiet">${escapeHtml(ignore)}</p>`
}

/** The secret or the recovery codes of an enrollment. The QR code is our own SVG of the secret. */
function shownOnce({ texts, qr, secret, recoveryCodes }: EnrollPage): string {
  const { secretLabel } = texts.enroll_second_factor
  return [
    qr === null ? '' : `<div class="qr" aria-hidden="true">${qr}</div>\n`,
    secret === null
      ? ''
      : `<p class="quiet">${escapeHtml(secretLabel)}</p>\n<p><code>${escapeHtml(secret)}</code></p>\n`,
    recoveryCodes === null
      ? ''
      : `<ul class="codes">\n${recoveryCodes.map((code) => `<li><code>${escapeHtml(code)}</code></li>`).join('\n')}\n</ul>\n`,
  ].join('')
}

/** The text is escaped before the email addresses are put in, each escaped for itself. */
function introductionOf({ kind, texts, email, formerEmail }: LinkPage): string {
  const text =
    kind === 'change_email' && formerEmail !== null
      ? texts.change_email.replacement
      : texts[kind].introduction
  const values: Readonly<Record<string, string>> = { email, formerEmail: formerEmail ?? '' }
  return escapeHtml(text)
    .replaceAll('\n', '<br>')
    .replace(placeholder, (_, name: string) => `<strong>${escapeHtml(values[name] ?? '')}</strong>`)
}

function formOf({ action, fields, button, alternative }: PageForm, texts: PageTexts): string {
  const inputs = fields.map((field) => {
    switch (field.type) {
      case 'hidden':
        return `<input type="hidden" name="${field.name}" value="${escapeHtml(field.value)}">`
      case 'password':
        return passwordField(field, texts.common)
      case 'code':
        return codeField(field)
      case 'checkbox':
        return checkbox(field)
      default:
        return field satisfies never
    }
  })
  const form = `<form method="post" action="${escapeHtml(action)}">
${inputs.join('\n')}
<button type="submit">${escapeHtml(button)}</button>
</form>`
  if (alternative === null) return form
  return `<details>
<summary>${escapeHtml(alternative.question)}</summary>
<p class="quiet">${escapeHtml(alternative.note)}</p>
${form}
</details>`
}

/** Hidden until the script has found that the browser has passkeys. */
function passkeyOf({ ceremony, options, action, fields, button, failed }: PasskeyForm): string {
  const inputs = [...fields, { name: 'challengeId', value: '' }, { name: 'response', value: '' }]
  const hidden = inputs.map(
    ({ name, value }) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  )
  return `<form method="post" action="${escapeHtml(action)}" hidden data-passkey="${escapeHtml(options)}" data-ceremony="${ceremony}" data-failed="${escapeHtml(failed)}">
${hidden.join('\n')}
<p class="bad" role="alert" hidden></p>
<button type="submit">${escapeHtml(button)}</button>
</form>
`
}

function passwordField(
  { name, label, autocomplete }: PasswordField,
  { show, showPassword, hide, hidePassword }: PageTexts['common'],
): string {
  const id = name === 'password' ? 'password' : 'new-password'
  const words = Object.entries({
    show,
    hide,
    'show-password': showPassword,
    'hide-password': hidePassword,
  })
    .map(([word, text]) => `data-${word}="${escapeHtml(text)}"`)
    .join(' ')
  return `<label for="${id}">${escapeHtml(label)}</label>
<div class="secret">
<input id="${id}" name="${name}" type="password" autocomplete="${autocomplete}" maxlength="256" required>
<button type="button" hidden data-toggles="${id}" ${words} aria-controls="${id}" aria-label="${escapeHtml(showPassword)}">${escapeHtml(show)}</button>
</div>`
}

const ids = { code: 'code', recoveryCode: 'recovery-code', emailCode: 'email-code' } as const

function codeField({ name, label, digits }: CodeField): string {
  const id = ids[name]
  const kind = digits
    ? 'inputmode="numeric" autocomplete="one-time-code" autofocus'
    : 'autocomplete="off" autocapitalize="characters"'
  return `<label for="${id}">${escapeHtml(label)}</label>
<input id="${id}" name="${name}" type="text" ${kind} spellcheck="false" maxlength="64" required>`
}

const checkbox = ({ name, value, label, note }: CheckboxField): string =>
  `<label class="check"><input type="checkbox" name="${name}" value="${value}"> ${escapeHtml(label)}</label>
<p class="quiet">${escapeHtml(note)}</p>`
