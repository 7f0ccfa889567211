import child_process from 'node:child_process'
import crypto from 'node:crypto'
import dns from 'node:dns'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import timers from 'node:timers'
import tls from 'node:tls'

/** Everything of a process that a test file could change for the next one, by name. */
export type ProcessState = ReadonlyMap<string, unknown>

const modules = { child_process, crypto, dns, fs, http, https, net, timers, tls }
const builtins = { Array, Buffer, Date, JSON, Math, Object, Promise, RegExp, String }

/** Set by Vitest for each file, and by `secret-watch.ts`. */
const variablesOfFile = /^(?:VITEST|TORII_TEST_SECRETS_FILE$)/

/** Reads the environment, the working directory, the listeners, and the functions that tests replace. */
export function readProcessState(): ProcessState {
  const variables = Object.entries(process.env).filter(([name]) => !variablesOfFile.test(name))
  return new Map<string, unknown>([
    ...variables.map(([name, value]) => [`process.env.${name}`, value] as const),
    ['process.cwd()', process.cwd()],
    ...process.eventNames().map((event) => {
      const name = `the listeners of process for ${String(event)}`
      return [name, process.listenerCount(event)] as const
    }),
    ...valuesOf('globalThis', globalThis),
    ...valuesOf('console', console),
    ...Object.entries(modules).flatMap(([name, module]) => valuesOf(name, module)),
    ...Object.entries(builtins).flatMap(([name, builtin]) => [
      ...valuesOf(name, builtin),
      ...('prototype' in builtin ? valuesOf(`${name}.prototype`, builtin.prototype) : []),
    ]),
  ])
}

/** Stands for a getter, which is not called: Node replaces many of its own by a value when they are first used. */
const notRead = Symbol('not read')

function valuesOf(name: string, owner: object): (readonly [string, unknown])[] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([key]) => !key.startsWith('__vite'))
    .map(([key, { value, get }]) => [`${name}.${key}`, get === undefined ? value : notRead])
}

/** The names of what differs between two states. */
export function changedNames(before: ProcessState, after: ProcessState): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter(
    (name) => before.get(name) !== notRead && !Object.is(before.get(name), after.get(name)),
  )
}
