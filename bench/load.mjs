/** Processor time, as Linux tells it; elsewhere null. */
import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds in one tick of /proc: user programs have seen 100 ticks a second for decades. */
const tickMicros = 10_000

/** utime and stime of a process, and what its ended children used, in microseconds. */
function timesOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((at) =>
    Number(fields[at]),
  )
  return {
    parent,
    own: (user + system) * tickMicros,
    ended: (endedUser + endedSystem) * tickMicros,
  }
}

/** Processor time of a process and of the children it has now or has had, in microseconds. */
export function cpuOfTree(pid) {
  try {
    const { own, ended } = timesOf(pid)
    let total = own + ended
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        const child = timesOf(entry)
        if (child.parent === pid) total += child.own + child.ended
      } catch {
        // It has ended between the listing and the look.
      }
    }
    return total
  } catch {
    return null
  }
}

/** Processor time of this process's ended children, in microseconds. */
export function cpuOfEndedChildren() {
  try {
    return timesOf('self').ended
  } catch {
    return null
  }
}

/** Busy time of all processors together, stolen time included, in microseconds. */
export function cpuOfMachine() {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
    const [user, nice, system, , , irq, soft, steal] = line.split(/ +/).slice(1).map(Number)
    return (user + nice + system + irq + soft + steal) * tickMicros
  } catch {
    return null
  }
}
