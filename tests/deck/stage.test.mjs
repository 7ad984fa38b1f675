// Key R on every slide that has a recording: the live output lies over it line by line, and nothing beside it moves.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../../addon/browser/find.mjs'
import { dev } from '../../addon/browser/serve.mjs'
import { open, still } from '../../addon/browser/walk.mjs'
import { tagsOf } from '../../addon/deck/prose.mjs'
import { load } from '../../addon/deck/slides.mjs'
import { root } from '../../scripts/install.mjs'

const { slides } = await load(join(root, 'slides.md'))
const runs = slides.flatMap(slide => tagsOf(slide).filter(({ tag }) => tag === 'Run').slice(0, 1).map(({ attributes }) => ({ no: slide.no, snippet: attributes.snippet })))

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

describe('key R', () => {
  let server, browser, opened
  before(async () => {
    process.env.DECK_RUN = '1'
    server = await dev(root)
    delete process.env.DECK_RUN
    browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
    opened = await open(browser)
    await opened.page.goto(`${server.url}${runs[0].no}`)
    await opened.page.locator(`.slidev-page-${runs[0].no} figcaption`).first().waitFor({ timeout: 90_000 }) // Vite is at work
  })
  after(async () => {
    await browser?.close()
    await server?.close()
  })

  for (const { no, snippet } of runs) {
    test(`on slide ${no}: ${snippet} lies over its recording`, async () => {
      const { page } = opened
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
      await page.waitForTimeout(100)
      const live = await page.evaluate(layout, no)
      await page.unroute('**/__run/*')
      assert.deepEqual(live, recorded)
      assert.deepEqual({ ...empty, lines: '', text: '' }, { ...recorded, lines: '', text: '' })
    })
  }
})
