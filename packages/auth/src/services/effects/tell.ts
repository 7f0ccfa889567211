import type { ToriiEvent } from '../../events/event.js'
import type { LetterBox } from '../../mail/letter.js'
import type { Story } from './story.js'

/** Tells what has been committed: events to the handler, letters to the post. Never throws, never waits. */
export type Tell = (story: Pick<Story<object>, 'events' | 'letters'>) => void

/** `post` is null where nothing can be mailed: letters are dropped there. */
export function createTell(handler: (event: ToriiEvent) => void, post: LetterBox | null): Tell {
  return ({ events = [], letters = [] }) => {
    events.forEach(handler)
    if (post !== null) for (const letter of letters) letter(post)
  }
}
