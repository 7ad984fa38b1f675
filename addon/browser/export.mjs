// Makes a PDF of a deck, or nothing when it would not be right.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { faults } from '../checks/pdf.mjs'
import { load } from '../deck/slides.mjs'
import { missing, tagged } from './print.mjs'
import { runSlidev } from './serve.mjs'

const LIMIT = 240_000 // a deck's first export bundles its packages

/** Has Slidev export the deck `entry` in `root` to `pdf`; returns { status, log }. It may fail and still end with 0. */
export const makePdf = (root, entry, pdf, executablePath) => runSlidev(root, [
  'export',
  entry,
  ...['--output', pdf],
  ...['--executable-path', executablePath],
  '--with-toc',
  ...['--timeout', '60000'],
], { timeout: LIMIT }).ended

/** Exports the deck in `root` to `output`; throws, and leaves `output` as it was, when Slidev fails or the PDF is not right. */
export async function exportPdf(root, output) {
  const beside = mkdtempSync(join(dirname(output), '.export-'))
  const pdf = join(beside, 'deck.pdf')
  const tidy = () => rmSync(beside, { recursive: true, force: true })
  process.once('exit', tidy)
  try {
    const deck = await load(join(root, 'slides.md'))
    const bytes = await tagged(deck)
    writeFileSync(pdf, bytes)
    const found = [...await missing(bytes), ...await faults(pdf, deck)]
    if (found.length)
      throw new Error(`the PDF is not right, ${output} stays as it was:\n${found.map(fault => `  ${fault}`).join('\n')}`)
    renameSync(pdf, output)
  }
  finally {
    tidy()
    process.off('exit', tidy)
  }
}
