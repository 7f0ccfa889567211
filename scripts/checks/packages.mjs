/** What `npm publish` would send is complete and no more, and publint and attw are content with it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { readJson, runNode, runNpm, toolArguments } from '../repository.mjs'
import { contentProblems, declarationProblems, sourceMapProblems } from './package-content.mjs'

export const name = 'packages'
export const needsBuild = true

export async function check(root) {
  const problems = []
  for (const folder of readdirSync(join(root, 'packages')).sort()) {
    const found = await checkPackage(join(root, 'packages', folder))
    problems.push(...found.map((problem) => `packages/${folder}: ${problem}`))
  }
  return problems
}

async function checkPackage(folder) {
  const packed = mkdtempSync(join(tmpdir(), 'torii-pack-'))
  try {
    const options = ['--json', '--offline', '--pack-destination', packed]
    const { ok, stdout, output } = runNpm(folder, 'pack', ...options)
    if (!ok) return [`npm pack: ${output}`]
    const [{ filename, files }] = JSON.parse(stdout)
    const manifest = readJson(join(folder, 'package.json'))
    const paths = files.map(({ path }) => path)
    const tarball = join(packed, filename)
    const problems = [
      ...contentProblems(manifest, paths),
      ...sourceMapProblems(folder, paths),
      ...declarationProblems(folder, manifest, paths),
    ]
    // The tools would say the same again, at length.
    if (problems.length > 0) return problems
    return [...(await publintProblems(manifest, tarball)), ...attwProblems(folder, tarball)]
  } finally {
    rmSync(packed, { recursive: true })
  }
}

async function publintProblems(manifest, path) {
  const tarball = new Uint8Array(readFileSync(path)).buffer
  const { messages } = await publint({ strict: true, pack: { tarball } })
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`)
}

function attwProblems(folder, tarball) {
  const options = ['--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color']
  const { ok, output } = runNode(folder, toolArguments('attw', tarball, ...options))
  return ok ? [] : [`attw: ${output}`]
}
