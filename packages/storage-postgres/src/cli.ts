#!/usr/bin/env node
import { runCommand } from './command/run.js'
import { processTerminal } from './command/terminal.js'
import { PostgresStorage } from './storage.js'

process.exitCode = await runCommand(
  process.argv.slice(2),
  processTerminal(),
  PostgresStorage.connect,
)
