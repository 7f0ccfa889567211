/** What the application hands over to be told something. */
type Hook<Value> = (value: Value) => unknown

/** The hook, made unable to throw or to reject; silent when there is none. */
export function ignoreErrors<Value>(hook: Hook<Value> | undefined): (value: Value) => void {
  if (hook === undefined) return () => undefined
  return (value) => {
    try {
      // An async hook fails later, and an unhandled rejection would end the process.
      Promise.resolve(hook(value)).catch(() => undefined)
    } catch {
      // A broken hook is not a failed sign-in.
    }
  }
}
