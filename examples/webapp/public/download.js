// Files that the page makes.

/** Saves a text as a file. */
export function download(name, type, text) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** The URL of a drawing, for an image. Unlike markup, an image runs no script. */
export const pictureUrl = (svg) => URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
