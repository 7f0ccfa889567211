import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'vitest'

const folder = new URL('../', import.meta.url)

/** A line of code is neither blank nor only a comment. */
const linesOfCode = (text: string): number =>
  text
    .replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '')
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|$)/.test(line)).length

/** The lines of code of the files below `path` whose name fits. */
async function sizeOf(path: string, fits: RegExp): Promise<number> {
  const root = new URL(path, folder)
  const names = await readdir(root, { recursive: true })
  const texts = names
    .filter((name) => fits.test(name) && !name.includes('.test.'))
    .map((name) => readFile(new URL(name, root), 'utf8'))
  return (await Promise.all(texts)).reduce((sum, text) => sum + linesOfCode(text), 0)
}

test('a line of code is counted, a blank line and a comment are not', () => {
  assert.equal(
    linesOfCode('/** What. */\nconst a = 1 // why\n\n// why\n/*\n * Long.\n */\nconst b = 2\n'),
    2,
  )
})

// So that growing is a decision. Before Hono's JSX the site had 2,151 lines of code, its console 1,069. A list that goes on from an id, and
// totals by a sample, took 50 lines of it.
test('the site stays below 1,500 lines of code, and its console below 845', async () => {
  const all = await sizeOf('src/', /\.tsx?$/)
  const administration = await sizeOf('src/console/', /\.tsx?$/)
  assert.ok(all - administration <= 1500, `the site has ${all - administration}`)
  assert.ok(administration <= 845, `the console has ${administration}`)
})

test('styles and scripts stay small', async () => {
  const [styles, scripts] = [await sizeOf('public/', /\.css$/), await sizeOf('public/', /\.js$/)]
  assert.ok(styles <= 920, `the styles have ${styles}`)
  assert.ok(scripts <= 480, `the scripts have ${scripts}`)
})
