import type { View } from './document.js'
import { link } from './parts.js'

/** Makes a page about a problem, with the way on. */
export const problem =
  (status: 400 | 404 | 405 | 503, title: string, lead: string, way: string, to = '') =>
  (): View => {
    const text = [<h1 tabindex={-1}>{title}</h1>, <p class="lead">{lead}</p>]
    return {
      status,
      title,
      content: <section class="narrow">{[text, link(to, way, 'plain')]}</section>,
    }
  }

const onceMore = 'Check the address, or go to the start page.'
export const notFound = problem(404, 'Page not found', onceMore, 'Go to start page', '/')

const unsent =
  'The form was sent before the page had loaded, or JavaScript is off. Nothing was changed.'
/** For a form that was sent without JavaScript. Its input is not read. */
export const needsScript = problem(405, 'JavaScript required', unsent, 'Reload page')

export const unavailable = problem(
  503,
  'Temporarily unavailable',
  'Try again shortly.',
  'Try again',
)
