/** A callback of the application. */
type Hook<Value> = (value: Value) => unknown

/** Wraps a callback so that its errors are ignored. Without a callback, it does nothing. */
export function ignoreErrors<Value>(hook: Hook<Value> | undefined): (value: Value) => void {
  if (hook === undefined) return () => undefined
  return (value) => {
    try {
      // An asynchronous callback fails later, and an unhandled rejection would end the process.
      Promise.resolve(hook(value)).catch(() => undefined)
    } catch {
      // An error in a callback must not fail a sign-in.
    }
  }
}
