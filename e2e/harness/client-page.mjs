/** A page whose scripts the journeys call: the browser client of torii-auth, bundled as an application bundles it. */
import { rolldown } from 'rolldown'

export async function bundleClient() {
  const build = await rolldown({
    input: new URL('../../packages/auth/dist/browser/index.js', import.meta.url).pathname,
    platform: 'browser',
  })
  const { output } = await build.generate({ format: 'esm' })
  await build.close()
  return output[0].code
}

export const clientPage = `<!doctype html>
<html lang="en">
<title>Acme</title>
<link rel="icon" href="data:,">
<h1>Acme</h1>
<script type="module">
import * as torii from '/client.js'
window.torii = torii
window.client = torii.createClient()
</script>
</html>`
