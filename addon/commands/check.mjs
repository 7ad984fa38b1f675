#!/usr/bin/env node
// Looks at every slide of any Slidev deck, at every click, in light and dark: `slidev-check [slides.md]`.
// Exits with 1 when it finds something, with 2 when it cannot look.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { slidevExport } from '../browser/export.mjs'
import { findBrowser } from '../browser/find.mjs'
import { site } from '../browser/serve.mjs'
import { excuse, launch, survey } from '../browser/walk.mjs'
import { contract, say } from '../checks/contract.mjs'
import { faults } from '../checks/pdf.mjs'
import { configOf } from '../deck/config.mjs'
import { fail } from '../deck/fail.mjs'
import { marking, timing } from '../deck/notes.mjs'
import { load } from '../deck/slides.mjs'

const named = (check, findings) => [...findings].map(finding => ({ check, ...finding }))
const counted = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`

async function check(entry) {
  const root = dirname(entry)
  const deck = await load(entry)
  const config = await configOf(root)
  const recorded = existsSync(join(root, config.recordings))
  const timed = deck.slides.some(({ frontmatter }) => frontmatter.minutes)
  const executablePath = await findBrowser()
  const scratch = mkdtempSync(join(tmpdir(), 'slidev-check-'))
  let kept = false // only for its pictures
  process.once('exit', () => kept || rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))

  console.log(`${counted(deck.slides.length, 'slide')}, every click, light and dark …`)
  const server = await site(root, join(scratch, 'site'), '/', basename(entry))
  const browser = await launch()
  const { findings, clicks } = await survey(browser, server, deck, join(scratch, 'slides'), { canvas: config.canvas, recordings: recorded ? config.recordings : undefined, glossary: config.glossary })
    .finally(async () => (await browser.close(), await server.close()))

  console.log('the PDF …')
  const pdf = join(scratch, 'deck.pdf')
  const failed = await slidevExport(root, basename(entry), pdf, executablePath, deck.slides.length)
  const wrong = failed.length ? failed : await faults(pdf, deck, { recorded })

  const { left, needless } = excuse([
    ...recorded ? contract(deck, config) : timed ? named('minutes', timing(deck)) : [],
    ...findings,
    ...named('notes', marking(deck, no => clicks.get(no) ?? 0)),
    ...wrong.map(message => ({ check: 'pdf', message })),
  ], config.exemptions, deck)
  kept = left.some(({ picture }) => picture)
  if (kept) {
    for (const name of ['deck.pdf', 'site'])
      rmSync(join(scratch, name), { recursive: true, force: true })
  }

  for (const { state, picture, ...finding } of left)
    console.log(`${say(finding)}${state ? ` (${state})` : ''}`)
  for (const { check, title } of needless)
    console.log(`[exemption] nothing on "${title}" needs the exemption from ${check}; take it out`)
  if (!timed)
    console.log('no slide says how long it takes: with `minutes: 2` in its frontmatter the plan is checked, too')
  if (!recorded)
    console.log(`there is no ${config.recordings}/: code and output on the slides are taken as they are`)
  const kinds = [...new Set(left.map(({ check }) => check))].map(kind => `${kind} ${left.filter(({ check }) => check === kind).length}`)
  console.log(left.length
    ? `${counted(left.length, 'finding')}: ${kinds.join(', ')}${kept ? `; pictures in ${join(scratch, 'slides')}` : ''}`
    : 'nothing found')
  return left.length + needless.length
}

const entry = resolve(process.argv[2] ?? 'slides.md')
if (process.argv.length > 3 || process.argv[2]?.startsWith('-'))
  fail('usage: slidev-check [slides.md]')
if (!existsSync(entry))
  fail(`${entry} does not exist; name a deck`)
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => process.exit(130))
process.exit(await check(entry).catch(error => fail(error.message)) ? 1 : 0)
