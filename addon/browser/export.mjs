// Makes a PDF or pictures of a deck, or nothing when they would not be right.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { parseRangeString } from '@slidev/parser/utils'
import { PDFDocument } from 'pdf-lib'
import { faults } from '../checks/pdf.mjs'
import { script } from '../deck/notes.mjs'
import { load } from '../deck/slides.mjs'
import { pptx } from './pptx.mjs'
import { missing, pictures, tagged } from './print.mjs'
import { reasonOf, runSlidev } from './serve.mjs'

const FIRST = 120_000 // milliseconds; a deck's first export bundles its packages
const SLIDE = 15_000 // for each; half a second on a quiet machine

/** Has Slidev export `count` slides of the deck `entry` in `root` to `output`, with an outline; returns its failure as one line in a list, or an empty list. */
export async function slidevExport(root, entry, output, executablePath, count) {
  const end = await runSlidev(root, ['export', entry, '--output', output, '--executable-path', executablePath, '--timeout', String(FIRST), '--with-toc'], { timeout: 2 * FIRST + count * SLIDE }).ended
  if (end.status !== 0 || end.late)
    return [`slidev export ${reasonOf(end)}`]
  return existsSync(output) ? [] : ['slidev export wrote nothing, and told no error'] // it may fail and still end with 0
}

/** Keeps only the pages of a range, such as 1,4-6; the outline goes, since its entries lead to pages that are gone. */
async function keepPages(path, numbers) {
  const whole = await PDFDocument.load(readFileSync(path), { updateMetadata: false })
  const part = await PDFDocument.create()
  for (const page of await part.copyPages(whole, numbers.map(no => no - 1)))
    part.addPage(page)
  part.setTitle(whole.getTitle())
  part.setAuthor(whole.getAuthor())
  writeFileSync(path, await part.save())
}

/** Runs `make(path)` beside `output` and moves the result there; leaves `output` as it was if `make` returns faults. */
async function whole(output, make) {
  const beside = mkdtempSync(join(dirname(output), '.export-'))
  const tidy = () => rmSync(beside, { recursive: true, force: true })
  process.once('exit', tidy)
  try {
    const made = join(beside, `deck${extname(output)}`)
    const found = await make(made)
    if (found.length)
      throw new Error(`the export is not right, ${output} stays as it was:\n${found.map(fault => `  ${fault}`).join('\n')}`)
    if (existsSync(output) && statSync(output).isDirectory())
      renameSync(output, join(beside, 'before')) // a folder does not replace another
    renameSync(made, output)
  }
  finally {
    tidy()
    process.off('exit', tidy)
  }
}

/** The numbers of the slides in `range`, or of all, where a slide with a `routeAlias` may be named by that; throws when there are none. */
function chosen(slides, range = 'all') {
  const named = part => slides.findIndex(({ frontmatter: { routeAlias } }) => [routeAlias].flat().includes(part)) + 1
  const numbers = parseRangeString(slides.length, range.replace(/[^,]+/g, part => named(part) || part))
  if (!numbers.length || numbers.some(no => !(no >= 1 && no <= slides.length)))
    throw new Error(`--range ${range} names no slides of this deck: it has ${slides.length}`)
  return numbers
}

/** Exports the deck in `root`, from a `server` that shows it or one of its own, as a PDF to `output`; throws, and leaves `output` as it was, when it would not be right. */
export async function exportPdf(root, output, { range, dark = false, server } = {}) {
  const deck = await load(join(root, 'slides.md'))
  const numbers = range && chosen(deck.slides, range)
  await whole(output, async (pdf) => {
    const bytes = await tagged(deck, { dark, server })
    writeFileSync(pdf, bytes)
    const found = [...await missing(bytes), ...await faults(pdf, deck)]
    if (!found.length && numbers)
      await keepPages(pdf, numbers)
    return found
  })
}

/** Exports one picture per slide into the folder `output`. */
export async function exportPng(root, output, { range, ...how } = {}) {
  const deck = await load(join(root, 'slides.md'))
  const numbers = chosen(deck.slides, range)
  await whole(output, async (folder) => {
    const taken = await pictures(deck, numbers, how)
    mkdirSync(folder)
    taken.forEach((picture, i) => writeFileSync(join(folder, `${numbers[i]}.png`), picture))
    return []
  })
}

/** Exports a PowerPoint file of pictures, with the notes under them, to `output`. */
export async function exportPptx(root, output, { range, ...how } = {}) {
  const deck = await load(join(root, 'slides.md'))
  const numbers = chosen(deck.slides, range)
  await whole(output, async (file) => {
    const taken = await pictures(deck, numbers, how)
    return pptx(file, deck, taken.map((picture, i) => ({ slide: deck.slides[numbers[i] - 1], picture })))
  })
}

/** Exports the speaker's notes as Markdown to `output`. */
export async function exportNotes(root, output, { range } = {}) {
  const deck = await load(join(root, 'slides.md'))
  await whole(output, async file => writeFileSync(file, script(deck, chosen(deck.slides, range))) ?? [])
}
