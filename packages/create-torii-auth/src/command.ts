import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createProject } from './create-project.js'
import { ownVersion } from './manifest.js'

/** The folder of an application when none is named. */
const defaultFolder = 'torii-app'

const usage = `Usage: npm create torii-auth@latest [FOLDER]

Creates an application with accounts in FOLDER (default: ${defaultFolder}), which must not exist or must be empty.

  --help     shows this
  --version  shows the version`

/** What the command prints, and its exit status: 0 done, 1 failed, 2 wrong usage. */
export interface CommandResult {
  readonly output: string
  readonly status: 0 | 1 | 2
}

/** Runs the command with these arguments. @param cwd the folder that a relative FOLDER is in */
export async function runCommand(args: readonly string[], cwd: string): Promise<CommandResult> {
  const parsed = parse(args)
  if (typeof parsed === 'string')
    return { output: `${parsed}. Run with --help for the usage`, status: 2 }
  const { values, positionals } = parsed
  if (values.help === true) return { output: usage, status: 0 }
  if (values.version === true) return { output: await ownVersion(), status: 0 }
  const [folder = defaultFolder, ...others] = positionals
  if (others.length > 0)
    return { output: `expected one folder, got ${positionals.join(', ')}`, status: 2 }
  const created = await createProject(resolve(cwd, folder))
  if (!created.ok) return { output: `${folder}: ${created.problem}`, status: 1 }
  return { output: nextSteps(relative(cwd, resolve(cwd, folder))), status: 0 }
}

/** The parsed arguments, or what is wrong with them. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    })
  } catch (error) {
    if (error instanceof TypeError) return error.message.split('. ')[0] ?? error.message
    throw error
  }
}

const nextSteps = (folder: string): string =>
  `Created an application with accounts${folder === '' ? '' : ` in ${folder}`}. Next:

${[...(folder === '' ? [] : [`cd ${quoted(folder)}`]), 'npm install', 'npm run dev']
  .map((line) => `  ${line}`)
  .join('\n')}

Then open http://localhost:3000 and create an account: the first one is the owner. Mail is shown in the terminal.
README.md says how to use a PostgreSQL server, send mail and go to production.`

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : JSON.stringify(path))
