/** Draws a text as a QR code in SVG; null if the optional package `uqr` is not installed. */
export async function qrCode(text: string): Promise<string | null> {
  const library = await load()
  return library === null ? null : library.renderSVG(text)
}

let loading: Promise<typeof import('uqr') | null> | undefined

/** Loaded when the first user asks for it. Not bundled: a bundler that does not find the package would end with an error. */
const load = () => {
  loading ??= import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'uqr').catch(() => null)
  return loading
}
