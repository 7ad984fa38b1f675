// The plan of the talk: `npm run rehearse` prints each slide's minutes, running total, words and clicks, and holds the total to `duration:`.
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from './browser.mjs'
import { dev } from './serve.mjs'
import { fail, root } from './setup.mjs'
import { load } from './slides.mjs'

/** Returns [{ words, clicks }], a slide each, as Slidev renders them; words of code and pictures do not count. */
async function rendered(slides) {
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

const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`
const lengthOf = slides => Math.round(slides.reduce((sum, { frontmatter }) => sum + 60 * (frontmatter.minutes || 0), 0))

/** Yields { slide, line, message } for slides without minutes, and for a total that is not the declared length. */
export function* timing({ slides, seconds = 0 }) {
  for (const slide of slides.filter(({ frontmatter }) => !(frontmatter.minutes > 0)))
    yield { slide, line: slide.line, message: 'the slide has no minutes; write `minutes:` into its frontmatter' }
  if (lengthOf(slides) !== seconds)
    yield { slide: slides[0], line: slides[0].line, message: `the slides take ${clock(lengthOf(slides))} and \`duration:\` says ${clock(seconds)}; mend one of them` }
}

/** Yields { slide, line, message } for notes that mark more clicks than their slide has; `clicks(no)` tells those. */
export function* marking({ slides }, clicks) {
  for (const slide of slides.filter(({ no, marks }) => marks > clicks(no)))
    yield { slide, line: slide.noteLine, message: `the note marks ${slide.marks} clicks and the slide has ${clicks(slide.no)}; take out a [click]` }
}

async function rehearse() {
  const deck = await load()
  const shown = await rendered(deck.slides)
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
    fail(faults.map(({ slide, line, message }) => `slides.md:${line}, slide ${slide.no}: ${message}`).join('\n'))
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await rehearse().catch(error => fail(error.message))
