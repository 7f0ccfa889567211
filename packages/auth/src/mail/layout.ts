import type { MessageContent } from './messages.js'
import { escapeHtml } from './text.js'

// What mail programs need: tables, since Outlook supports no other layout; inline styles, since some programs drop style
// sheets; a style sheet only for the dark color scheme and small screens. The message loads no image or font, so it
// reveals nothing when it is read.

const font =
  "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
const mono = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Courier New',monospace"

const sheet = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 520px) {
  .page { padding: 16px 12px !important; }
  .card { padding: 28px 22px 12px !important; }
  .wide { width: 100% !important; }
  .button a { display: block !important; text-align: center !important; }
}
@media (prefers-color-scheme: dark) {
  .ground { background: #111113 !important; }
  .card { background: #1b1b1f !important; border-color: #34343a !important; }
  .strong { color: #f4f4f5 !important; }
  .plain { color: #d4d4d8 !important; }
  .quiet { color: #a1a1aa !important; }
  .box { background: #27272c !important; }
  .line { border-color: #34343a !important; }
  .button { background: #f4f4f5 !important; }
  .button a { color: #18181b !important; }
}`

/** Renders the message as an HTML document. All text is escaped here and nowhere else. */
export function layOut(appName: string, content: MessageContent): string {
  const { language, subject, heading, paragraphs, notes } = content
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${escapeHtml(subject)}</title>
<style>${sheet}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f4f4f5">
${preview(paragraphs[0] ?? heading)}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td class="page ground" align="center" style="padding:40px 16px;background:#f4f4f5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px">
<tr><td class="strong" style="padding:0 4px 16px;${font};font-size:15px;line-height:1.4;font-weight:600;color:#18181b">
${escapeHtml(appName)}
</td></tr>
<tr><td class="card" style="padding:36px 40px 20px;background:#ffffff;border:1px solid #e4e4e7;border-radius:12px">
<h1 class="strong" style="margin:0 0 16px;${font};font-size:22px;line-height:1.3;font-weight:600;color:#18181b">
${escapeHtml(heading)}
</h1>
${paragraphs.map((text) => paragraph(text, 'plain')).join('\n')}
${detailsTable(content.details ?? [])}
${button(content.action)}
${codeBox(content.code ?? null)}
${notes.map((text) => paragraph(text, 'quiet')).join('\n')}
${addressLine(content.action)}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}

/** The preview line in a list of messages. The padding keeps the rest of the message out of it. */
const preview = (text: string): string =>
  `<div style="display:none;max-height:0;overflow:hidden;opacity:0">
${escapeHtml(text)}
${'&#847;&zwnj;&nbsp;'.repeat(40)}
</div>`

const paragraph = (text: string, tone: 'plain' | 'quiet'): string => {
  const size = tone === 'plain' ? 'font-size:16px;color:#3f3f46' : 'font-size:14px;color:#52525b'
  return `<p class="${tone}" style="margin:0 0 16px;${font};line-height:1.55;${size};overflow-wrap:anywhere">
${escapeHtml(text)}
</p>`
}

function button({ label, url }: MessageContent['action']): string {
  return `<table role="presentation" class="wide" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0">
<tr><td class="button" style="border-radius:8px;background:#18181b">
<a href="${escapeHtml(url)}" style="display:inline-block;padding:13px 26px;${font};font-size:16px;line-height:1.25;font-weight:600;color:#ffffff;text-decoration:none">${escapeHtml(label)}</a>
</td></tr>
</table>`
}

/** Repeats the URL as text, for programs that show no button and for readers who do not trust it. */
function addressLine({ url, hint }: MessageContent['action']): string {
  if (hint === null) return ''
  return `<p class="quiet line" style="margin:0 0 16px;padding-top:16px;border-top:1px solid #e4e4e7;${font};font-size:13px;line-height:1.55;color:#52525b">
${escapeHtml(hint)}<br>
<span style="${mono};font-size:12px;word-break:break-all">${escapeHtml(url)}</span>
</p>`
}

/** Shows the digits in two groups, which are copied as one number. */
function codeBox(code: (MessageContent['code'] & object) | null): string {
  if (code === null) return ''
  const digits = escapeHtml(code.digits)
  const half = Math.ceil(digits.length / 2)
  return `<p class="quiet" style="margin:0 0 8px;${font};font-size:14px;line-height:1.55;color:#52525b">
${escapeHtml(code.hint)}
</p>
<p class="box strong" style="margin:0 0 20px;padding:14px 16px;border-radius:8px;background:#f4f4f5;${mono};font-size:26px;line-height:1.2;letter-spacing:3px;text-align:center;color:#18181b">
<span style="padding-right:12px">${digits.slice(0, half)}</span><span>${digits.slice(half)}</span>
</p>`
}

function detailsTable(details: readonly (readonly [label: string, value: string])[]): string {
  if (details.length === 0) return ''
  const cell = `padding:10px 0;border-top:1px solid #e4e4e7;${font};font-size:14px;line-height:1.5;vertical-align:top`
  const rows = details.map(
    ([label, value]) => `<tr>
<td class="quiet line" style="${cell};padding-right:20px;white-space:nowrap;color:#52525b">${escapeHtml(label)}</td>
<td class="plain line" width="100%" style="${cell};color:#3f3f46;overflow-wrap:anywhere">
${escapeHtml(value)}
</td>
</tr>`,
  )
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 0">
${rows.join('\n')}
</table>`
}
