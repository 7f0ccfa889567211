import type { Terminal } from './terminal.js'

/** Shows how far a long command is. */
export interface Progress {
  /** @param share from 0 to 1; null where the whole is not known */
  show(text: string, share: number | null): void
  /** Removes the line that is rewritten. */
  end(): void
}

/** Without a terminal there is a line now and then, so that a log of hours stays short. */
const plainEveryMs = 5000
/** Often enough for an eye, rare enough to cost nothing. */
const rewriteEveryMs = 100
const barWidth = 24

/**
 * One line that is rewritten on a terminal; elsewhere a plain line at most every five seconds, the first one after five;
 * nothing with `silent` (`--json`).
 * @param now milliseconds that only grow
 */
export function createProgress(
  { rewrite, warn }: Pick<Terminal, 'rewrite' | 'warn'>,
  { silent, now }: { silent: boolean; now: () => number },
): Progress {
  if (silent) return { show: () => undefined, end: () => undefined }
  const everyMs = rewrite === null ? plainEveryMs : rewriteEveryMs
  let last = rewrite === null ? now() : Number.NEGATIVE_INFINITY
  let isShown = false
  return {
    show(text, share) {
      if (now() - last < everyMs) return
      last = now()
      if (rewrite === null) return warn(share === null ? text : `${percent(share)} ${text}`)
      isShown = true
      rewrite(share === null ? text : `[${bar(share)}] ${percent(share)} ${text}`)
    },
    end() {
      if (isShown) rewrite?.('')
      isShown = false
    },
  }
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
  return '#'.repeat(filled).padEnd(barWidth, '.')
}
