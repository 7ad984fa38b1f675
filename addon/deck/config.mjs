// A deck's configuration, in `deck.config.mjs` beside its slides. Every key has a default, and the file is optional.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const DEFAULTS = {
  snippets: 'snippets', // what slides import and run
  recordings: 'snippets/outputs', // what the snippets printed (.txt) and measured (.json)
  sources: ['snippets'], // folders whose code may write recordings and artefacts
  tests: 'tests/snippets', // tests that check artefacts against what writes them
  artefacts: [], // folders of files that code wrote and the deck shows
  claims: {}, // what titles say, held against the measurements: { title: measurements => true, or why not }
  facts: [], // numbers that may be typed: { text, source }, or { text, holds } with what proves it, as a claim does
  units: [], // words that make a number one that was counted or measured
  unshown: [], // code on no slide: { path, reason }
  canvas: undefined, // how a slide fills it: { reach, prose, code, roomy }, see browser/filled.mjs
  glossary: undefined, // terms and what they mean, linked where they are first used: a file, see glossary.mjs
  rhythm: undefined, // how many slides of one kind may follow each other, see kindOf in checks/story.mjs
  handouts: [], // files that the built site offers beside the PDF, if they exist
  preview: undefined, // the picture that a link to the site shows
  exemptions: [], // findings in the browser that may stay: { title, check, reason }
}

/** Returns the configuration of the deck in `root`, with defaults for missing keys. */
export async function configOf(root) {
  const file = join(resolve(root), 'deck.config.mjs')
  const { default: own } = existsSync(file) ? await import(pathToFileURL(file).href) : { default: {} }
  const unknown = Object.keys(own).find(key => !Object.hasOwn(DEFAULTS, key))
  if (unknown)
    throw new Error(`${file}: there is no key ${unknown}; the keys are ${Object.keys(DEFAULTS).join(', ')}`)
  return { ...DEFAULTS, ...own }
}

/** What a deck's PDF and pictures are called: Slidev's `exportFilename:`, else the package's name, else the folder's. */
export function nameOf(root, { exportFilename }) {
  const file = join(root, 'package.json')
  return exportFilename || (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name) || basename(resolve(root))
}
