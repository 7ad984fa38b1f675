// The deck in a real browser: every slide, every click, light and dark, from Slidev's server and as the built site.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../../scripts/browser.mjs'
import { marking } from '../../scripts/rehearse.mjs'
import { dev, site } from '../../scripts/serve.mjs'
import { root } from '../../scripts/setup.mjs'
import { load } from '../../scripts/slides.mjs'
import { say } from './contract.mjs'
import { exemptions } from './lists.mjs'
import { PHONE, open, survey, walk } from './walk.mjs'

const pictures = join(root, 'build/failures')
const deck = await load()
let browser
let clicks

before(async () => {
  rmSync(pictures, { recursive: true, force: true })
  mkdirSync(pictures, { recursive: true })
  browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
})
after(() => browser?.close())

const isExempt = ({ check, slide }) => exemptions.some(exemption => exemption.check === check && exemption.title === slide.title)

function none(findings) {
  const left = findings.filter(finding => !isExempt(finding))
  assert.equal(left.length, 0, `\n${left.map(finding => `${say(finding)} (${finding.state ?? ''}, ${finding.picture ?? ''})`).join('\n')}`)
}

describe('the built site, under a sub-path', () => {
  let server
  before(async () => server = await site(root, join(root, 'build/site'), '/talk/'))
  after(() => server?.close())

  test('every slide at every click, in light and dark', async () => {
    const seen = await survey(browser, server, deck, pictures)
    clicks = seen.clicks
    none(seen.findings)
    const needless = exemptions.filter(({ check, title }) => !seen.findings.some(finding => finding.check === check && finding.slide.title === title))
    assert.deepEqual(needless, [], 'these exemptions are no longer needed; take them out')
  })

  test('a link to a slide and a click opens there', async () => {
    const [no, click] = [...clicks].find(([, clicks]) => clicks > 0)
    const { page, noise, close } = await open(browser)
    await page.goto(`${server.url}${no}?clicks=${click}`)
    await page.locator(`.slidev-page-${no} .slidev-layout`).waitFor()
    assert.equal(new URL(page.url()).search, `?clicks=${click}`)
    assert.deepEqual(noise, [])
    await close()
  })

  test('a phone shows every slide whole, and nothing beside it', async () => {
    const { page, noise, close } = await open(browser, PHONE)
    const findings = []
    await walk(page, server.url, async ({ no, clicks, stuck }) => {
      if (clicks)
        return
      const { wide, left, right } = await page.evaluate(() => {
        const { left, right } = document.querySelector('#slide-content').getBoundingClientRect()
        return { wide: document.documentElement.scrollWidth, left, right }
      })
      const slide = deck.slides[no - 1]
      if (stuck || wide > PHONE.width || left < 0 || right > PHONE.width)
        findings.push({ check: 'phone', slide, line: slide.line, message: stuck ?? `the page is ${wide} px wide, the slide from ${left} to ${right}; keep it within ${PHONE.width}` })
    })
    await close()
    none(findings)
    assert.deepEqual(noise, [])
  })

  test('no note marks a click that the slide does not have', () => {
    none([...marking(deck, no => clicks.get(no) ?? 0)].map(finding => ({ check: 'notes', ...finding })))
  })
})

describe('Slidev\'s own server', () => {
  let server
  before(async () => server = await dev(root))
  after(() => server?.close())

  test('every slide at every click, in light and dark', async () => {
    none((await survey(browser, server, deck, pictures)).findings)
  })
})
