import { readFile, writeFile } from 'node:fs/promises'
import { compile, VERSION } from 'svelte/compiler'

export const version = VERSION

/** Compiles account.svelte and returns its component. */
export async function compileAccount(generate: 'client' | 'server') {
  const source = await readFile(new URL('../src/account.svelte', import.meta.url), 'utf8')
  const { js } = compile(source, { generate, filename: 'account.svelte' })
  const compiled = new URL(`./account-${generate}.js`, import.meta.url)
  await writeFile(compiled, js.code)
  return (await import(compiled.href)).default
}
