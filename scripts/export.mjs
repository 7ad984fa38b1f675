// Writes the deck as a PDF: `npm run export` makes onnx101.pdf, or nothing when the PDF would not be right.
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from './browser.mjs'
import { faults } from './pdf.mjs'
import { runSlidev } from './serve.mjs'
import { fail, root as project } from './setup.mjs'
import { load } from './slides.mjs'

const LIMIT = 120_000

/** Exports the deck in `root` to `output`; throws, and leaves `output` as it was, when Slidev fails or the PDF is not right. */
export async function exportPdf(root, output) {
  const beside = mkdtempSync(join(dirname(output), '.export-'))
  const pdf = join(beside, 'deck.pdf')
  const tidy = () => rmSync(beside, { recursive: true, force: true })
  process.once('exit', tidy)
  try {
    const browser = await findBrowser()
    const { status, log } = await runSlidev(root, ['export', 'slides.md', '--output', pdf, '--executable-path', browser, '--with-toc', '--timeout', '60000'], { timeout: LIMIT }).ended
    // Slidev may fail and still end with 0.
    const found = status === 0
      ? await faults(pdf, await load(join(root, 'slides.md'))).catch(error => [error.message])
      : [`slidev export ended with status ${status}:\n${log.trim()}`]
    if (found.length)
      throw new Error(`the PDF is not right, ${output} stays as it was:\n${found.map(fault => `  ${fault}`).join('\n')}`)
    renameSync(pdf, output)
  }
  finally {
    tidy()
    process.off('exit', tidy)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => process.exit(130))
  const output = resolve(process.argv[2] ?? join(project, 'onnx101.pdf'))
  await exportPdf(project, output).catch(error => fail(error.message))
  console.log(output)
}
