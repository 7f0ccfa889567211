/** Checks the current page in both themes, on a phone, a tablet and a desktop, and with axe. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const screenshots = new URL('../screenshots', import.meta.url).pathname
mkdirSync(screenshots, { recursive: true })

const themes = ['light', 'dark']
const widths = [375, 768, 1280]
export const desk = { width: 1280, height: 860 }

/**
 * Takes screenshots in both themes and three widths, and runs axe in each theme.
 * @returns the problems of accessibility and layout
 */
export async function look(page, name) {
  const problems = []
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme })
    for (const width of widths) {
      await page.setViewportSize({ width, height: desk.height })
      const path = join(screenshots, `${name}.${colorScheme}.${width}.png`)
      await page.screenshot({ path, fullPage: true, animations: 'disabled' })
      if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth))
        problems.push(`${name}: wider than ${width}`)
      if (width === (colorScheme === 'light' ? desk.width : widths[0]))
        problems.push(...(await violations(page, `${name} (${colorScheme}, ${width})`)))
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(desk)
  return problems
}

async function violations(page, name) {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document)
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
    }))
  })
  return found.map(({ id, help, nodes }) => `${name}: axe ${id}: ${help}\n  ${nodes.join('\n  ')}`)
}
