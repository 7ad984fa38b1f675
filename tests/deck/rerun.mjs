// Key R on a slide that has a recording: the live output lies over it line by line, and nothing beside it moves.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { still } from '../../addon/browser/walk.mjs'
import { root } from '../../scripts/install.mjs'

/** The lines of the output that is seen, and every other box of the slide, to a tenth of a pixel. */
function layout(no) {
  const slide = document.querySelector(`.slidev-page-${no}`)
  const round = ({ x, y, width, height }) => [x, y, width, height].map(length => Math.round(length * 10) / 10).join(' ')
  const pre = slide.querySelector('.over pre') ?? slide.querySelector('.recorded pre')
  const lines = new Map() // by their height: a line may come in pieces
  const texts = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const range = document.createRange()
    range.selectNodeContents(texts.currentNode)
    for (const { left, right, top, width } of range.getClientRects()) {
      const line = lines.get(Math.round(top)) ?? [Infinity, -Infinity]
      if (width)
        lines.set(Math.round(top), [Math.min(line[0], Math.round(left)), Math.max(line[1], Math.round(right))])
    }
  }
  const rest = [...slide.querySelectorAll('*')].filter(element => !element.closest('.over, .why, button'))
  return { box: round(pre.getBoundingClientRect()), text: pre.textContent.trimEnd(), lines: [...lines].join(' | '), rest: rest.map(element => `${element.tagName} ${round(element.getBoundingClientRect())}`) }
}

/** Runs the snippet of slide `no` on a page of the deck, answers with the recording, and compares. */
export async function rerun(page, no, snippet) {
  let answer
  const asked = new Promise(resolve => answer = resolve)
  const stdout = readFileSync(join(root, `snippets/outputs/${snippet}.txt`), 'utf8')
  await page.route('**/__run/*', async (route) => {
    await asked
    await route.fulfill({ body: `${JSON.stringify({ stdout })}\n${JSON.stringify({ status: 0, equal: true })}\n` })
  })
  await page.evaluate(no => window.__slidev__.nav.go(no, 99), no)
  await page.locator(`.slidev-page-${no} .recorded figcaption`).first().waitFor()
  await still(page, no)
  const recorded = await page.evaluate(layout, no)
  await page.keyboard.press('r')
  const status = page.locator(`.slidev-page-${no} [role=status]`)
  await status.getByText('running').waitFor()
  const empty = await page.evaluate(layout, no)
  answer()
  await status.getByText('as recorded').waitFor()
  await still(page, no)
  const live = await page.evaluate(layout, no)
  await page.unroute('**/__run/*')
  assert.deepEqual(live, recorded)
  assert.deepEqual({ ...empty, lines: '', text: '' }, { ...recorded, lines: '', text: '' })
}
