/** The two things our checks read in Markdown: fenced code blocks, and the text around them. */

const openFence = /^( *)(`{3,}|~{3,})\s*(.*?)\s*$/

/**
 * Splits a document: `blocks` are its code blocks, `{ info, line, lines }` with the number of the opening
 * fence's line; `prose` is the document with every code block and code span blanked, line by line.
 */
export function readMarkdown(text) {
  const blocks = []
  const prose = []
  let block = null
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent, fence, info] = openFence.exec(line) ?? []
    if (block) {
      if (fence?.startsWith(block.fence) && info === '') block = null
      else block.lines.push(line.startsWith(block.indent) ? line.slice(block.indent.length) : line)
      prose.push('')
    } else if (fence !== undefined) {
      block = { info, line: index + 1, lines: [], fence, indent }
      blocks.push(block)
      prose.push('')
    } else prose.push(line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, ''))
  }
  return { blocks: blocks.map(({ info, line, lines }) => ({ info, line, lines })), prose }
}
