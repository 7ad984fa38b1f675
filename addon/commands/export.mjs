// Writes the deck as a PDF: `npm run export [-- talk.pdf]`, named after the package, or nothing when the PDF would not be right.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exportPdf } from '../browser/export.mjs'
import { fail } from './fail.mjs'

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => process.exit(130))
const output = resolve(process.argv[2] ?? `${JSON.parse(readFileSync('package.json', 'utf8')).name}.pdf`)
await exportPdf(process.cwd(), output).catch(error => fail(error.message))
console.log(output)
