/**
 * `npm run docs`: builds the documentation site into `site/dist/html`. `-- --serve` also serves it on loopback, `-- --base=/docs/`
 * builds it for that path of a host. It installs what is missing: the repository's packages, and the site's from its own lock file.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build as buildPackages } from '../scripts/build.mjs'
import { installOwnPackages } from '../scripts/own-packages.mjs'
import { repositoryRoot } from '../scripts/repository.mjs'

const folder = join(repositoryRoot, 'site')
const html = join(folder, 'dist/html')
const pages = join(folder, 'dist/pages')
const port = 4173

const started = performance.now()
const say = (text) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`)

/** `{ base, isServed }` of the command line, or null for wrong usage. */
function readArguments(words) {
  const base = words.find((word) => word.startsWith('--base='))?.slice('--base='.length) ?? '/'
  const unknown = words.filter((word) => word !== '--serve' && !word.startsWith('--base='))
  if (unknown.length > 0 || !/^\/(?:[\w.-]+\/)*$/.test(base)) return null
  return { base, isServed: words.includes('--serve') }
}

/** Builds everything. @throws Error that says which page, link or declaration is wrong */
async function buildSite(base) {
  if (!existsSync(join(repositoryRoot, 'node_modules/typescript'))) {
    say('installing the packages of the repository')
    installOwnPackages(repositoryRoot)
  }
  say('building the packages of the repository')
  if (buildPackages(repositoryRoot) !== 0) throw new Error('the packages do not compile')
  say("installing the site's packages, where they are missing")
  installOwnPackages(folder)
  rmSync(join(folder, 'dist'), { recursive: true, force: true })

  const { writeApiPages } = await import('./api.mjs')
  say(`writing the API reference: ${await writeApiPages(join(pages, 'api'))} pages`)
  const { writePages } = await import('./pages.mjs')
  say(`collecting the documents: ${writePages(repositoryRoot, pages)} pages`)

  say('building the site')
  const { build } = await import('vitepress')
  await build(folder, { base })
  const { writeTexts } = await import('./texts.mjs')
  say(`writing llms.txt and llms-full.txt: ${writeTexts(pages, html)} pages`)
  const { deadLinks } = await import('./dead-links.mjs')
  const dead = deadLinks(html, base)
  if (dead.length > 0) throw new Error(`dead links:\n${dead.join('\n')}`)
  say(`the site is in ${html}`)
}

const given = readArguments(process.argv.slice(2))
if (given === null) {
  console.error('usage: npm run docs [-- --serve] [-- --base=/PATH/]')
  process.exitCode = 2
} else {
  try {
    await buildSite(given.base)
    if (given.isServed) {
      const { serveSite } = await import('./serve.mjs')
      say(`serving it on ${await serveSite(html, given.base, port)} until you stop it`)
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
