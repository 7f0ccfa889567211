import type { Context } from 'hono'
import type { Mailbox } from './mail.js'
import { heading, link, muted } from './parts.js'
import { notFound } from './problems.js'
import type { Page } from './site.js'

/** The development mailbox. For callers that may not read it, the page does not exist. */
export const mailboxPage: Page = ({ mailbox, torii }) => {
  if (mailbox === null) return notFound()
  const { origin } = torii.options.baseUrl
  const content = (
    <section class="wide">
      {heading('Development mailbox', link('/mailbox', 'Refresh', 'plain'))}
      <p class="lead">
        All mail of this site, newest first. Only this computer can open this page.
      </p>
      {mailbox.length === 0 && <p class="card empty">No mail yet.</p>}
      {mailbox.map((mail, place) => received(mail, origin, place === 0))}
    </section>
  )
  return { title: 'Mailbox', content }
}

const received = (
  { id, subject, to, receivedAt, text }: Mailbox[number],
  origin: string,
  open: boolean,
) => (
  <article class="card">
    <details open={open}>
      <summary>
        <h2>{subject}</h2>
        {muted(`To ${to} · ${receivedAt.toISOString().slice(11, 19)} UTC`)}
      </summary>
      <iframe src={`/mailbox/${id}`} title={subject} loading="lazy" sandbox={sandbox} />
      <details>
        <summary>Plain text</summary>
        <div class="mail-text">{withLinks(text, origin)}</div>
      </details>
    </details>
  </article>
)

/** The text with clickable links to this site. Other links stay text. */
const withLinks = (text: string, origin: string) =>
  text
    .split(/(https?:\/\/\S+)/)
    .map((part) => (part.startsWith(`${origin}/`) ? link(part, part) : part))

/** A message runs no script, and its links leave the frame. */
const sandbox = 'allow-top-navigation-by-user-activation'

/** Answers with a message as mail programs show it. Null if there is none. */
export function asMailProgram(mailbox: Mailbox | null, context: Context) {
  const mail = mailbox?.find(({ id }) => id === context.req.param('id'))
  if (mail === undefined) return null
  const policy = `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; sandbox ${sandbox}`
  context.header('content-security-policy', policy)
  context.header('x-content-type-options', 'nosniff')
  context.header('cache-control', 'no-store')
  return context.html(mail.html.replace('<head>', '<head><base target="_top">'))
}
