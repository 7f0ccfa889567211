import type { Html } from '../html.js'
import { html } from '../html.js'
import type { Page } from '../page.js'
import { page } from '../page.js'
import { notFound } from '../pages/problems.js'
import type { Mailbox, ReceivedMail } from './mailbox.js'

/** The development mailbox. For callers that may not read it, the page does not exist. */
export const mailboxPage = (mailbox: Mailbox): Page =>
  page('/mailbox', (call) =>
    call.mailbox
      ? {
          title: 'Mailbox',
          content: showMailbox(mailbox.messages(), call.site.torii.options.baseUrl.origin),
        }
      : notFound,
  )

const showMailbox = (
  received: readonly ReceivedMail[],
  origin: string,
): Html => html`<section class="wide">
<div class="head"><h1>Development mailbox</h1><a class="button" href="/mailbox">Refresh</a></div>
<p class="lead">All mail of this site, newest first, kept in memory. Only this computer can open this page. Set <code>SMTP_URL</code> to send mail.</p>
${received.length === 0 && html`<p class="card empty">No mail yet.</p>`}
${received.map((mail) => showMail(mail, origin))}
</section>`

const showMail = (
  { message, receivedAt }: ReceivedMail,
  origin: string,
): Html => html`<article class="card mail">
<h2>${message.subject}</h2>
<p class="muted">To ${message.to} · <time datetime="${receivedAt.toISOString()}">${receivedAt.toISOString().slice(11, 19)} UTC</time></p>
<div class="mail-text">${withLinks(message.text, origin)}</div>
</article>`

/** The text with clickable links to this site. Other links stay text. */
function withLinks(text: string, origin: string): Html[] {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part) =>
      part === origin || part.startsWith(`${origin}/`)
        ? html`<a href="${part}">${part}</a>`
        : html`${part}`,
    )
}
