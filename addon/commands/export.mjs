// Writes the deck as a PDF, named after the package, or as pictures; nothing when they would not be right:
// `npm run export [-- talk.pdf] [--range 1,4-6] [--dark] [--path 20] [--format png]`.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { exportPdf, exportPng } from '../browser/export.mjs'
import { fail } from '../deck/fail.mjs'
import { takePath } from '../deck/path.mjs'

const FORMATS = { pdf: exportPdf, png: exportPng }

/** Reads the arguments; throws, in one line, what is not offered. */
function read(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { range: { type: 'string' }, dark: { type: 'boolean' }, format: { type: 'string', default: 'pdf' } } })
  if (!Object.hasOwn(FORMATS, values.format))
    throw new Error(`--format is pdf or png, not ${values.format}`)
  if (positionals.length > 1)
    throw new Error(`name one file, not ${positionals.length}`)
  const name = positionals[0] ?? `${JSON.parse(readFileSync('package.json', 'utf8')).name}${values.format === 'pdf' ? '.pdf' : '-png'}`
  if (name.endsWith('.pdf') !== (values.format === 'pdf'))
    throw new Error(values.format === 'pdf' ? `${name} does not end with .pdf` : `pictures go into a folder, and ${name} names a PDF`)
  if (values.format === 'png' && existsSync(name) && !(statSync(name).isDirectory() && readdirSync(name).every(file => /^\d+\.png$/.test(file))))
    throw new Error(`${name} holds something else than pictures of slides; name another folder`)
  return { ...values, output: resolve(name) }
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => process.exit(130))
try {
  const { format, output, ...options } = read(takePath(process.argv.slice(2)))
  await FORMATS[format](process.cwd(), output, options)
  console.log(output)
}
catch (error) {
  fail(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message.split('.')[0]}; export takes a name, --range, --dark, --path and --format png` : error.message)
}
