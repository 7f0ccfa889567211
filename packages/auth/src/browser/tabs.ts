/** The page itself and the other tabs of its origin. On a server, where there is no page, its functions do nothing. */
export interface Tabs {
  /** Notifies the other tabs that the session changed. The message contains nothing else: each tab asks the server. */
  notify(): void
  /**
   * Calls `changed` when another tab notified this one, or when the browser restored this page from its history, and `returned` when the
   * user comes back to the page or its connection does. Returns a function that removes every listener.
   */
  watch(changed: () => void, returned: () => void): () => void
}

/** Connects the tabs that use the same name. */
export function connectTabs(name: string): Tabs {
  let channel: BroadcastChannel | null = null
  return {
    notify() {
      const used = channel ?? open(name)
      used?.postMessage('changed')
      if (used !== channel) used?.close()
    },
    watch(changed, returned) {
      const shown = () => {
        if (document.visibilityState !== 'hidden') returned()
      }
      // A page from the history shows the state from when the user left it, and missed every message.
      const restored = ({ persisted }: PageTransitionEvent) => {
        if (persisted) changed()
      }
      channel = open(name)
      channel?.addEventListener('message', changed)
      document.addEventListener('visibilitychange', shown)
      addEventListener('focus', returned)
      addEventListener('online', returned)
      addEventListener('pageshow', restored)
      return () => {
        channel?.close()
        channel = null
        document.removeEventListener('visibilitychange', shown)
        removeEventListener('focus', returned)
        removeEventListener('online', returned)
        removeEventListener('pageshow', restored)
      }
    },
  }
}

/** Whether there is a page. Node.js and the workers of platforms have some of the browser's globals, but no document. */
export const hasPage = (): boolean => typeof document !== 'undefined'

/** Null on a server, and where the browser refuses: then other tabs notice when the user comes back to them. */
function open(name: string): BroadcastChannel | null {
  try {
    return hasPage() ? new BroadcastChannel(name) : null
  } catch {
    return null
  }
}
