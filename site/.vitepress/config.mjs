import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { slugOf } from '../../scripts/checks/links.mjs'
import { repositoryRoot } from '../../scripts/repository.mjs'
import { readContents, sitePath } from '../contents.mjs'
import { entries } from '../entries.mjs'

const pages = join(repositoryRoot, 'site/dist/pages')

const link = (path) => `/${sitePath(path).replace(/(?:index)?\.md$/, '')}`

const guides = readContents(repositoryRoot).map(({ title, pages }, index) => ({
  text: title,
  collapsed: index > 1,
  items: pages.map(({ text, path }) => ({ text, link: link(path) })),
}))

const reference = entries.map(({ name }) => ({ text: name, link: `/api/${name}/` }))

/** The menu of the documents, with the API reference after the section that is called Reference. */
const menu = guides.flatMap((section) =>
  section.text === 'Reference'
    ? [section, { text: 'API reference', collapsed: true, items: reference }]
    : [section],
)

/** What the search reads: of the API reference names and descriptions, since its signatures only repeat them. */
function searchedText(source, env, markdown) {
  const isApi = env.relativePath.startsWith('api/')
  const text = isApi ? source.replace(/^```[\s\S]*?^```$/gm, '') : source
  return markdown.render(text, env)
}

export default defineConfig({
  title: 'Torii',
  description: 'Authentication for TypeScript servers, with the data in your own PostgreSQL',
  lang: 'en',
  srcDir: 'dist/pages',
  outDir: 'dist/html',
  cacheDir: 'dist/cache',
  // Otherwise every page repeats the names of all.
  metaChunk: true,
  transformHead: ({ siteData: { base } }) => [
    ['link', { rel: 'icon', href: `${base}torii.svg`, type: 'image/svg+xml' }],
  ],
  ignoreDeadLinks: 'localhostLinks',
  vite: { build: { chunkSizeWarningLimit: 4096 } },
  transformPageData({ relativePath, frontmatter }) {
    const text = readFileSync(join(pages, relativePath), 'utf8')
    // The pages of the reference have no order to read them in.
    if (relativePath.startsWith('api/')) Object.assign(frontmatter, { prev: false, next: false })
    // A table of four columns needs the room of the outline.
    if (/^\|(?:[^|\n]*\|){4,}$/m.test(text)) frontmatter.aside = false
  },
  markdown: {
    // The anchors that GitHub gives, so that a link to a heading works in both places.
    anchor: { slugify: slugOf },
    // Their comments and keywords can be read on the ground of our blocks (WCAG 2.2 AA).
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    logo: '/torii.svg',
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/contents' },
      { text: 'API', link: '/api/' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar: {
      '/': menu,
      '/api/': [{ text: 'API reference', link: '/api/', items: reference }],
    },
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { _render: searchedText } },
  },
})
