/**
 * The rule of the checker. Whatever the library keeps (an account, a session's secret, a link, a name) is a register:
 * calls write values to it and see values in it, each at some moment between their start and their end. A value that was
 * seen must come from a write that can be the last one before: one that began before the sight ended, with no other
 * value certainly written or seen after that write and before the sight. (The rule of linearizability, without its
 * search: what it reports is a violation, whatever the order within overlapping calls was.)
 */

const always = Number.NEGATIVE_INFINITY

/** A store of registers. The first word of a register's id is its kind; `initials` gives the first value by kind. */
export function createRegisters(initials) {
  const registers = new Map()
  const groups = new Map()

  function find(id) {
    const known = registers.get(id)
    if (known !== undefined) return known
    const kind = id.split(' ')[0]
    const initial = { value: initials[kind], start: always, end: always, sure: true }
    const register = { id, kind, writes: [initial], sights: [], uses: [] }
    registers.set(id, register)
    return register
  }

  return {
    /** Makes the register known, and puts it into the groups, so that a write to a group reaches it. */
    join(id, names) {
      const register = find(id)
      for (const name of names) groups.set(name, (groups.get(name) ?? new Set()).add(register))
    },
    /**
     * A write that was done (`sure`), that may have been done by its end (`bounded`), or at any time since its start.
     */
    write(id, value, { start, end, sure, bounded = false }) {
      const until = sure || bounded ? end : Number.POSITIVE_INFINITY
      find(id).writes.push({ value, start, end: until, sure })
    },
    see: (id, value, { start, end, from }) => find(id).sights.push({ value, start, end, from }),
    /** Something that may be used once was used. */
    use: (id, call) => find(id).uses.push(call),
    members: (group) => [...(groups.get(group) ?? [])].map(({ id }) => id),
    ids: () => [...registers.keys()],
    /** What breaks the rule: `{ register, problem, … }`, where `problem` is `used twice` or from `explain`. */
    violations() {
      return [...registers.values()].flatMap((register) => [
        ...usedTwice(register),
        ...unexplained(register),
      ])
    },
  }
}

const usedTwice = ({ id, kind, uses }) =>
  uses.length > 1 ? [{ register: id, kind, problem: 'used twice', calls: uses.map(nameOf) }] : []

/** The first sight that no write explains: those after it may be its consequences. */
function unexplained(register) {
  const { id, kind, writes, sights } = register
  const latestOther = new Map()
  const isExplained = ({ value, start, end }) => {
    if (!latestOther.has(value)) latestOther.set(value, latestStartOfOthers(register, value))
    const overwritten = latestOther.get(value)(start)
    return writes.some(
      (write) => write.value === value && write.start < end && write.end >= overwritten,
    )
  }
  const [first] = sights.filter((sight) => !isExplained(sight)).sort((a, b) => a.start - b.start)
  if (first === undefined) return []
  return [{ register: id, kind, problem: explain(register, first), calls: [nameOf(first.from)] }]
}

/**
 * For moments: the latest start among the certain facts (writes and sights) of other values that had ended before.
 * What ended before that start is overwritten.
 */
function latestStartOfOthers({ writes, sights }, value) {
  const others = [...writes.filter(({ sure }) => sure), ...sights]
    .filter((fact) => fact.value !== value)
    .sort((a, b) => a.end - b.end)
  let latest = always
  const latestUpTo = others.map(({ start }) => {
    latest = Math.max(latest, start)
    return latest
  })
  return (moment) => {
    let [low, high] = [0, others.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (others[middle].end < moment) low = middle + 1
      else high = middle
    }
    return low === 0 ? always : latestUpTo[low - 1]
  }
}

/** In words what is wrong with a sight that no write explains. */
function explain({ writes }, { value }) {
  const [initial, ...later] = writes
  if (value === initial.value) return 'lost'
  return later.some((write) => write.value === value) ? 'came back' : 'done by a failed call'
}

const nameOf = ({ process, call, operation }) => `${process}:${call} ${operation}`
