/** The API reference: a page for each export of the published entries, from the declarations that npm publishes. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, Converter, ReflectionFlag, ReflectionKind } from 'typedoc'
import { MarkdownPageEvent } from 'typedoc-plugin-markdown'
import { repositoryRoot } from '../scripts/repository.mjs'
import { entries, packages } from './entries.mjs'

/**
 * Writes the pages and returns their number.
 * @throws Error when a public signature uses a type that is not exported, or a comment links to nothing
 */
export async function writeApiPages(out) {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: entries.map(({ file }) => file),
    tsconfig: join(repositoryRoot, 'site/tsconfig.json'),
    plugin: [fileURLToPath(import.meta.resolve('typedoc-plugin-markdown'))],
    outputs: [{ name: 'markdown', path: out }],
    name: 'API reference',
    readme: 'none',
    logLevel: 'Warn',
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    sort: ['source-order'],
    ...appearance,
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const variable of project.getReflectionsByKind(ReflectionKind.Variable))
      asFunction(variable)
  })
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    const entry = entryOf(page.model)
    page.contents = page.contents
      // Several entries have an export of one name: the title tells them apart, also in a search.
      ?.replace(/^# .*$/m, (title) => (entry === page.model.name ? title : `${title} · ${entry}`))
      .replace(documentForm, '[$1](/$1.md)')
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('the declarations cannot be read')
  requireValid(app, project)
  nameModules(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors()) throw new Error('the API reference was not written')
  writeFileSync(join(out, 'index.md'), firstPage())
  return readdirSync(out, { recursive: true }).filter((path) => path.endsWith('.md')).length
}

/** The packages with what can be imported from each. TypeDoc's own first page would list the entries without an order. */
function firstPage() {
  const sections = packages.map(({ name, description }) => {
    const own = entries.filter((entry) => entry.name === name || entry.name.startsWith(`${name}/`))
    const list = own.map((entry) => `- [${entry.name}](./${entry.name}/index.md)`)
    return `## ${name}\n\n${description}.\n\n${list.join('\n')}\n`
  })
  return `# API reference\n\nEvery export of the packages, from the declarations that npm publishes.\n\n${sections.join('\n')}`
}

/** How typedoc-plugin-markdown writes a page. */
const appearance = {
  router: 'member',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hideGroupHeadings: false,
  useCodeBlocks: true,
  expandObjects: true,
  sanitizeComments: true,
  indexFormat: 'table',
  tableColumnSettings: { hideModifiers: true, hideInherited: true },
  parametersFormat: 'table',
  interfacePropertiesFormat: 'list',
  typeAliasPropertiesFormat: 'table',
}

/** The name of the entry that has this export, or of the whole reference. */
const entryOf = ({ name, kind, parent }) =>
  kind === ReflectionKind.Module || parent === undefined ? name : entryOf(parent)

/** A document that a comment of the source names. */
const documentForm = /(?<![\w/])docs\/([a-z-]+)\.md\b/g

/** In declarations `const f = () => …` is a variable whose type is a function. To readers it is a function. */
function asFunction(variable) {
  const { signatures, children } = variable.type?.declaration ?? {}
  if (signatures === undefined || children !== undefined) return
  variable.kind = ReflectionKind.Function
  variable.signatures = signatures
  for (const signature of signatures) {
    signature.parent = variable
    signature.name = variable.name
    signature.comment ??= variable.comment
  }
  variable.setFlag(ReflectionFlag.Const, false)
  delete variable.type
  delete variable.comment
}

/** TypeDoc looks for missing exports in one package: it is asked once for each. */
function requireValid(app, project) {
  const { packageName } = project
  for (const { name } of packages) {
    project.packageName = name
    app.validate(project)
  }
  project.packageName = packageName
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error('the API reference is incomplete: export the type, or mark it @internal')
}

/** TypeDoc names a module by its file, and readers by what they import. */
function nameModules(project) {
  for (const module of project.children ?? []) {
    const { name } = entries.find(({ file }) => moduleOf(file) === module.name) ?? {}
    if (name === undefined) throw new Error(`no entry has the declarations ${module.name}`)
    module.name = name
    // Members stay in the order of the source, which has a reason; the exports of an entry are looked up by name.
    for (const { children } of module.groups ?? []) children.sort(byName)
  }
}

const byName = (one, other) => one.name.localeCompare(other.name, 'en')

const moduleOf = (file) =>
  relative(join(repositoryRoot, 'packages'), file)
    .split(sep)
    .join('/')
    .replace(/(?:\/index)?\.d\.ts$/, '')
