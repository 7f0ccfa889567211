// The parts of React and Vue that are used, so that neither is installed to compile this package. `npm run samples -- views`
// compiles and runs the entries with the real ones, the lowest and the newest.

declare module 'react' {
  export interface ReactElement {
    readonly props: unknown
  }
  export type ReactNode = ReactElement | string | number | boolean | null | undefined
  export interface Context<Value> {
    readonly Provider: { readonly value?: Value }
  }
  export function createContext<Value>(value: Value): Context<Value>
  export function createElement<Value>(
    type: { readonly value?: Value },
    props: { readonly value: Value },
    children: ReactNode,
  ): ReactElement
  export function useContext<Value>(context: Context<Value>): Value
  export function useState<State>(create: () => State): [State, (state: State) => void]
  export function useSyncExternalStore<Snapshot>(
    subscribe: (listener: () => void) => () => void,
    getSnapshot: () => Snapshot,
    getServerSnapshot: () => Snapshot,
  ): Snapshot
}

declare module 'vue' {
  export interface InjectionKey<Value> {
    readonly description: string | undefined
    readonly provided?: Value
  }
  export interface ShallowRef<Value> {
    value: Value
  }
  export function getCurrentScope(): object | undefined
  export function inject<Value>(key: InjectionKey<Value>, otherwise: null): Value | null
  export function onScopeDispose(stop: () => void): void
  export function shallowReadonly<Value extends object>(value: Value): Readonly<Value>
  export function shallowRef<Value>(value: Value): ShallowRef<Value>
}
