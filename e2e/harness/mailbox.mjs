/** Reads mail from the page of the development mailbox. */

const arrivalMs = 10_000

const decode = (html) =>
  html.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replaceAll('&amp;', '&')

/** Reads each message once. */
export function createMailReader(site) {
  const taken = new Set()
  const messages = async () => {
    const page = await (await fetch(`${site.url}/mailbox`)).text()
    return page
      .split('<article')
      .slice(1)
      .map((article) => ({
        subject: decode(/<h2>(.*?)<\/h2>/s.exec(article)?.[1] ?? ''),
        to: decode(/To (\S+)/.exec(article)?.[1] ?? ''),
        text: decode(article.replace(/<[^>]*>/g, ' ')),
        link: decode(/href="([^"]*\?token=[^"]*)"/.exec(article)?.[1] ?? ''),
      }))
  }
  const waitFor = async (what, fits) => {
    const deadline = Date.now() + arrivalMs
    for (;;) {
      const found = (await messages()).find((message) => fits(message) && !taken.has(message.text))
      if (found !== undefined) {
        taken.add(found.text)
        return found
      }
      if (Date.now() > deadline) throw new Error(`no mail: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    /** The newest unread message to the email address with a link to this route. */
    link: async (to, route) => {
      const isFor = (message) => message.to === to && message.link.includes(`/auth/${route}?`)
      return (await waitFor(`${route} to ${to}`, isFor)).link
    },
    /** The newest unread message to the email address with this text in its subject. */
    message: (to, subject) =>
      waitFor(
        `"${subject}" to ${to}`,
        (message) => message.to === to && message.subject.includes(subject),
      ),
  }
}
