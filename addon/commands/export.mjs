// Writes the deck as a PDF: `npm run export [-- talk.pdf] [--path 20]`, named after the package, or nothing when the PDF would not be right.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exportPdf } from '../browser/export.mjs'
import { takePath } from '../deck/path.mjs'
import { fail } from './fail.mjs'

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => process.exit(130))
try {
  const [name] = takePath(process.argv.slice(2))
  const output = resolve(name ?? `${JSON.parse(readFileSync('package.json', 'utf8')).name}.pdf`)
  await exportPdf(process.cwd(), output)
  console.log(output)
}
catch (error) {
  fail(error.message)
}
