import { setTimeout as sleep } from 'node:timers/promises'
import { Window } from 'happy-dom'
import { origin } from './site.js'

const names = [
  'addEventListener',
  'Comment',
  'CustomEvent',
  'document',
  'DocumentFragment',
  'Element',
  'Event',
  'HTMLElement',
  'HTMLIFrameElement',
  'HTMLMediaElement',
  'MathMLElement',
  'navigator',
  'Node',
  'removeEventListener',
  'SVGElement',
  'Text',
  'window',
]

/** Makes this process a page with this HTML in its element `root`. */
export function openPage(html: string) {
  const page = new Window({ url: origin })
  let listeners = 0
  for (const target of [page, page.document]) {
    const { addEventListener, removeEventListener } = target
    const own = new Set(['focus', 'online', 'pageshow', 'visibilitychange'])
    target.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      if (own.has(args[0])) listeners++
      addEventListener.apply(target, args)
    }
    target.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      if (own.has(args[0])) listeners--
      removeEventListener.apply(target, args)
    }
  }
  page.document.body.innerHTML = `<div id="root">${html}</div>`
  for (const name of names) {
    const value = Reflect.get(page, name)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  const root = document.querySelector('#root')
  if (root === null) throw new Error('the page has no root')
  return {
    root,
    text: () => root.textContent?.replace(/\s+/g, ' ').trim() ?? '',
    click: () => root.querySelector('button')?.click(),
    listeners: () => listeners,
    /** Waits until the page has this text. */
    async shows(text: string): Promise<void> {
      const ended = AbortSignal.timeout(10_000)
      while (root.textContent?.replace(/\s+/g, ' ').trim() !== text) {
        if (ended.aborted) throw new Error(`the page shows "${root.textContent}", not "${text}"`)
        await sleep(2)
      }
    },
  }
}
