/** A callback of the application. */
type Hook<Value> = (value: Value) => unknown

/**
 * Wraps a callback so that its errors fail no caller; `failed` receives them (default: they are ignored). Without a callback,
 * it does nothing.
 */
export function ignoreErrors<Value>(
  hook: Hook<Value> | undefined,
  failed: (error: unknown, value: Value) => void = () => undefined,
): (value: Value) => void {
  if (hook === undefined) return () => undefined
  return (value) => {
    try {
      // An asynchronous callback fails later, and an unhandled rejection would end the process.
      Promise.resolve(hook(value)).catch((error: unknown) => failed(error, value))
    } catch (error) {
      // An error in a callback must not fail a sign-in.
      failed(error, value)
    }
  }
}
