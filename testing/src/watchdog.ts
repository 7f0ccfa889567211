// The program of the watchdog process: see watch.ts. Argument: the run directory. Input: one pid a line.
import { createInterface } from 'node:readline'
import { clearRunDirectory } from './run-directory.js'

const directory = process.argv[2]
if (directory === undefined) throw new Error('usage: watchdog.js RUN_DIRECTORY')

// It ends when its runner ends, and at no other signal: a SIGTERM meant for everybody must not leave a server behind.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})

const pids: number[] = []
for await (const line of createInterface({ input: process.stdin })) pids.push(Number(line))
await clearRunDirectory(directory, pids)
