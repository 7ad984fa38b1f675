// The talk and what it stands on agree, and its claims could fail: no browser needed.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { load as parse } from '@slidev/parser/fs'
import { judge, measurements, shownOn } from '../../addon/checks/claims.mjs'
import { checks, contract, say } from '../../addon/checks/contract.mjs'
import { configOf } from '../../addon/deck/config.mjs'
import { load } from '../../addon/deck/slides.mjs'

const deck = await load()
const config = await configOf(deck.root)
const findings = contract(deck, config)

for (const check of Object.keys(checks)) {
  test(`the deck keeps its contract: ${check}`, () => {
    const found = findings.filter(finding => finding.check === check).map(say)
    assert.equal(found.length, 0, `\n${found.join('\n')}`)
  })
}

/** Every number in nested data, as the object or list that holds it and the key there. */
function leaves(holder) {
  return Object.entries(holder).flatMap(([key, value]) => typeof value === 'number' ? [{ holder, key }] : value && typeof value === 'object' ? leaves(value) : [])
}

/** Variants of what a slide shows: with each number changed, and without each line. */
const others = text => [
  ...Array.from(text.matchAll(/\d+/g), ({ 0: number, index }) => `${text.slice(0, index)}${7 * number + 1}${text.slice(index + number.length)}`),
  ...text.split('\n').map((_, i, rows) => rows.toSpliced(i, 1).join('\n')),
]

for (const [title, claim] of Object.entries(config.claims)) {
  test(`what is measured or shown when "${title}" is no longer true`, () => {
    const data = measurements(deck.root, config.recordings)
    const shown = shownOn(deck.root, deck.slides.find(slide => slide.title === title), config.recordings)
    assert.equal(judge(claim, data, shown), true)
    const fails = leaves(data).some(({ holder, key }) => {
      const value = holder[key]
      const verdicts = [0, 1000, 0.001].map(factor => judge(claim, (holder[key] = value * factor, data), shown))
      holder[key] = value
      return verdicts.some(verdict => verdict !== true)
    }) || Object.entries(shown).some(([key, text]) => others(text).some(text => judge(claim, data, { ...shown, [key]: text }) !== true))
    assert.ok(fails, 'nothing changes it')
  })
}

// To leave an act out tonight, write `hide: true` on its slides, and change nothing else.
const openers = deck.slides.filter(({ frontmatter }) => frontmatter.layout === 'opener')
for (const [i, { title, line }] of openers.entries()) {
  test(`the deck keeps its contract without the act "${title}"`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hidden-'))
    const file = join(folder, 'slides.md')
    const rows = readFileSync(join(deck.root, 'slides.md'), 'utf8').split('\n')
    const act = deck.slides.filter(slide => slide.line >= line && slide.line < (openers[i + 1]?.line ?? Infinity))
    for (const slide of act)
      rows[slide.line] = `hide: true\n${rows[slide.line]}`
    writeFileSync(file, rows.join('\n'))
    const hidden = await load(file)
    const slidev = await parse({ userRoot: folder, roots: [folder] }, file)
    rmSync(folder, { recursive: true })
    assert.deepEqual(hidden.slides.map(({ title }) => title), slidev.slides.map(({ title }) => title))
    assert.equal(hidden.slides.length, deck.slides.length - act.length)
    assert.deepEqual(hidden.all.map(({ content }) => content), deck.all.map(({ content }) => content), 'the handout changes')
    assert.deepEqual(contract({ ...hidden, root: deck.root }, config).map(say), [])
  })
}
