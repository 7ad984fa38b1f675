// Writes the deck for those who take it home, named by `exportFilename:`; nothing when it would not be right:
// `export.mjs [talk.pdf] [--range 1,4-6] [--dark] [--path 20] [--format png]`.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nameOf } from '../deck/config.mjs'
import { fail } from '../deck/fail.mjs'
import { takePath } from '../deck/path.mjs'
import { load } from '../deck/slides.mjs'

const FORMATS = {
  pdf: { maker: 'exportPdf', ending: '.pdf' },
  png: { maker: 'exportPng', ending: '-png' }, // a folder
  pptx: { maker: 'exportPptx', ending: '.pptx' },
  notes: { maker: 'exportNotes', ending: '-notes.md' },
}
const OFFERED = `export takes a name, --range, --dark, --path and --format ${Object.keys(FORMATS).join(', ')}`
const REFUSED = {
  '--with-clicks': 'an exported slide shows its last state; a page a click would be the same page again',
  '--per-slide': 'the pages are taken from one print; choose some with --range',
}

/** Throws where a file of that name would replace what the deck is made of, or a folder, or could not be written. */
async function spare(name) {
  if (!existsSync(dirname(resolve(name))))
    throw new Error(`${dirname(resolve(name))} is no folder; make it first`)
  const there = statSync(name, { throwIfNoEntry: false })
  if (!there)
    return
  if (!there.isFile())
    throw new Error(`${name} is no file; choose another name`)
  const { root, all } = await load()
  const isThere = path => (({ dev, ino }) => dev === there.dev && ino === there.ino)(statSync(path))
  if (['slides.md', ...all.map(({ file }) => file)].some(file => isThere(resolve(root, file))))
    throw new Error(`${name} is what the deck is made of; choose another name`)
}

/** Parses the arguments; throws, with one line, for what is not offered. */
async function read(args) {
  const refused = args.find(arg => Object.hasOwn(REFUSED, arg))
  if (refused)
    throw new Error(`no ${refused}: ${REFUSED[refused]}`)
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { range: { type: 'string' }, dark: { type: 'boolean' }, format: { type: 'string', default: 'pdf' } } })
  const { format } = values
  if (!Object.hasOwn(FORMATS, format))
    throw new Error(`--format is one of ${Object.keys(FORMATS).join(', ')}, not ${format}`)
  if (positionals.length > 1)
    throw new Error(`name one file, not ${positionals.length}`)
  if (values.dark && format === 'notes')
    throw new Error('notes are text, neither light nor dark')
  const { maker, ending } = FORMATS[format]
  const name = positionals[0] ?? `${nameOf(process.cwd(), (await load()).headmatter)}${ending}`
  const [kind] = ending.match(/\.\w+$/) ?? []
  if (kind && !name.endsWith(kind))
    throw new Error(`${name} does not end with ${kind}`)
  if (!kind && /\.\w+$/.test(name))
    throw new Error(`pictures go into a folder, and ${name} names a file`)
  if (!kind && existsSync(name) && !(statSync(name).isDirectory() && readdirSync(name).every(file => /^\d+\.png$/.test(file))))
    throw new Error(`${name} holds something else than pictures of slides; name another folder`)
  if (kind)
    await spare(name)
  if (values.range === '')
    throw new Error('--range names no slides')
  return { maker, output: resolve(name), range: values.range, dark: values.dark }
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => process.exit(130))
try {
  const { maker, output, ...options } = await read(takePath(process.argv.slice(2)))
  const { [maker]: make } = await import('../browser/export.mjs') // a second, which a refusal does not wait for
  await make(process.cwd(), output, options)
  console.log(output)
}
catch (error) {
  fail(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message.split('.')[0]}; ${OFFERED}` : error.message)
}
