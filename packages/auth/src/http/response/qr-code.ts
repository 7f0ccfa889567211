/** Draws a text as a QR code in SVG; null if the optional package `uqr` is not installed. */
export async function qrCode(text: string): Promise<string | null> {
  const library = await load()
  return library === null ? null : library.renderSVG(text)
}

let loading: Promise<typeof import('uqr') | null> | undefined

/** Loaded when the first user asks for it, so that nobody else waits for it. */
const load = () => {
  loading ??= import('uqr').catch(() => null)
  return loading
}
