#!/usr/bin/env node
import { runCommand } from './command.js'

const { output, status } = await runCommand(process.argv.slice(2), process.cwd())
const stream = status === 0 ? process.stdout : process.stderr
stream.write(`${output}\n`)
process.exitCode = status
