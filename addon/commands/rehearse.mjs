// The plan of the talk: `rehearse.mjs [--path 20]` prints each slide's minutes, running total, words and clicks, and holds the total to `duration:`.
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../browser/find.mjs'
import { dev } from '../browser/serve.mjs'
import { fail } from '../deck/fail.mjs'
import { clock, lengthOf, marking, timing } from '../deck/notes.mjs'
import { takePath } from '../deck/path.mjs'
import { load } from '../deck/slides.mjs'

/** Returns [{ words, clicks }], one per slide, as Slidev renders them; words of code and pictures do not count. */
async function rendered({ root, slides }) {
  const server = await dev(root)
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(`${server.url}1?print=clicks`) // mounts every slide
    await page.waitForFunction(count => document.querySelectorAll('[data-slidev-no] .slidev-layout').length === count, slides.length)
    return await page.evaluate(() => window.__slidev__.nav.slides.map(({ no, meta }) => {
      const slide = document.querySelector(`[data-slidev-no="${no}"] .slidev-layout`).cloneNode(true)
      slide.querySelectorAll('pre, svg, select').forEach(element => element.remove())
      return { words: slide.textContent.match(/[\p{L}\p{N}]\S*/gu).length, clicks: meta.__clicksContext.total }
    }))
  }
  finally {
    await browser.close()
    await server.close()
  }
}

async function rehearse() {
  takePath(process.argv.slice(2))
  const deck = await load()
  const shown = await rendered(deck)
  console.log(' no  minutes  total  words  clicks  title')
  deck.slides.forEach(({ no, title, frontmatter }, i) => console.log([
    String(no).padStart(3),
    clock(60 * (frontmatter.minutes || 0)).padStart(8),
    clock(lengthOf(deck.slides.slice(0, no))).padStart(6),
    String(shown[i].words).padStart(6),
    String(shown[i].clicks).padStart(7),
    ` ${title}`,
  ].join(' ')))
  const faults = [...timing(deck), ...marking(deck, no => shown[no - 1].clicks)]
  if (faults.length)
    fail(faults.map(({ slide, line, message }) => `${slide.file}:${line}, slide ${slide.no}: ${message}`).join('\n'))
}

await rehearse().catch(error => fail(error.message))
