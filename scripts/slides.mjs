// Reads the deck with Slidev's own parser. `node scripts/slides.mjs [deck.md]` prints it as JSON.
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from '@slidev/parser/fs'
import { fail, root } from './setup.mjs'

/** Returns [{ no, title, content, note, frontmatter }], in the order they are shown. */
export async function slides(deck = join(root, 'slides.md')) {
  const userRoot = dirname(resolve(deck))
  const data = await load({ userRoot, roots: [userRoot] }, resolve(deck))
  const errors = Object.values(data.markdownFiles).flatMap(file => file.errors ?? [])
  if (errors.length)
    throw new Error(`${deck}, line ${errors[0].row + 1}: ${errors[0].message}`)
  return data.slides.map(({ index, title, content, note, frontmatter }) =>
    ({ no: index + 1, title, content, note, frontmatter }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(JSON.stringify(await slides(process.argv[2]), null, 2))
  }
  catch (error) {
    fail(error.message)
  }
}
