/** An object whose asynchronous calls are counted in sequence. */
export interface Sequence<Value> {
  readonly value: Value
  /** The most calls, each begun after the one before it ended, that have ended so far. */
  longest(): number
}

type Member = (...given: unknown[]) => unknown

/**
 * Counts the calls of every method of the storage and of its repositories. Calls that run at the same time count once. A
 * transaction counts its beginning, each call in it, and its commit.
 */
export function countInSequence<Value extends object>(storage: Value): Sequence<Value> {
  let ended = 0
  async function counted<Result>(call: () => Promise<Result> | Result): Promise<Result> {
    const place = ended + 1
    try {
      return await call()
    } finally {
      ended = Math.max(ended, place)
    }
  }
  /** The promise of the whole ends with the commit, and the work begins with the transaction. */
  async function transaction(begin: Member, work: Member): Promise<unknown> {
    let committed = 0
    const result = await counted(() =>
      begin(async (tx: object) => {
        ended += 1
        const done = await work(wrap(tx))
        committed = ended + 1
        return done
      }),
    )
    ended = Math.max(ended, committed)
    return result
  }
  function wrap<Wrapped extends object>(target: Wrapped): Wrapped {
    // Not a proxy of the target itself, whose frozen members it would have to return as they are.
    const blank = {} as Wrapped
    return new Proxy(blank, {
      has: (_blank, name) => Reflect.has(target, name),
      get(_blank, name) {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof name === 'symbol') return member
        if (typeof member === 'object' && member !== null) return wrap(member)
        if (typeof member !== 'function') return member
        const method: Member = (...given) => Reflect.apply(member, target, given)
        if (name === 'transaction') return (work: Member) => transaction(method, work)
        return (...given: unknown[]) => {
          const result = method(...given)
          return result instanceof Promise ? counted(() => result) : result
        }
      },
    })
  }
  return { value: wrap(storage), longest: () => ended }
}
