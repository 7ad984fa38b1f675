// The deck in a real browser: every slide, every click, light and dark, from Slidev's server and as the built site.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { exportPdf } from '../../addon/browser/export.mjs'
import { cutOff, readable } from '../../addon/browser/probe.mjs'
import { dev, site } from '../../addon/browser/serve.mjs'
import { excuse, launch, open, PHONE, survey, walk } from '../../addon/browser/walk.mjs'
import { say } from '../../addon/checks/contract.mjs'
import { configOf } from '../../addon/deck/config.mjs'
import { marking } from '../../addon/deck/notes.mjs'
import { tagsOf } from '../../addon/deck/prose.mjs'
import { load } from '../../addon/deck/slides.mjs'
import { root } from '../../scripts/install.mjs'
import { rerun } from './rerun.mjs'
import { tabs } from './tabs.mjs'

const pictures = join(root, 'build/failures')
const deck = await load()
const { canvas, glossary, exemptions, recordings } = await configOf(root)
let browser
let clicks

before(async () => {
  rmSync(pictures, { recursive: true, force: true })
  browser = await launch()
})
after(() => browser?.close())

function none(findings) {
  const lines = findings.map(finding => `${say(finding)} (${[finding.state, finding.picture && relative(root, finding.picture)].filter(Boolean).join(', ')})`)
  assert.equal(lines.length, 0, `\n${lines.join('\n')}`)
}

describe('the built site, under a sub-path', () => {
  let server
  before(async () => server = await site(root, join(root, 'build/site'), '/talk/'))
  after(() => server?.close())

  test('every slide at every click, in light and dark', async () => {
    const seen = await survey(browser, server, deck, join(pictures, 'site'), { canvas, recordings, glossary })
    clicks = seen.clicks
    const { left, needless } = excuse(seen.findings, exemptions, deck)
    none(left)
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

  test('a plain host has a page at every address, with its preview, its rights and its handouts', async () => {
    const ask = async path => (await fetch(server.url + path))
    const html = await (await ask('')).text()
    for (const path of [...deck.slides.map(({ no }) => no), 'presenter/1', 'overview'])
      assert.equal(await (await ask(path)).text(), html, path)
    assert.equal((await ask('nowhere')).status, 404)
    const content = name => html.match(new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)">`))?.[1]
    assert.equal(content('og:title'), deck.headmatter.title)
    for (const name of ['description', 'og:description'])
      assert.equal(content(name), deck.headmatter.info)
    const picture = await fetch(new URL(content('og:image'), server.url))
    assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/png'])
    const png = new DataView(await picture.arrayBuffer())
    assert.deepEqual([content('og:image:width'), content('og:image:height')], [`${png.getUint32(16)}`, `${png.getUint32(20)}`])
    assert.ok(png.getUint32(16) >= 1200 && png.byteLength < 300_000, 'a large preview takes 1200 px, and no more than 300 KB')
    assert.match(html, /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;self&#39; &#39;wasm-unsafe-eval&#39;;/)

    const { page, noise, close } = await open(browser)
    await page.goto(`${server.url}2`)
    await page.locator('.slidev-page-2 .slidev-layout').waitFor()
    const links = await page.locator('a[download]').evaluateAll(all => all.map(({ href }) => href))
    assert.ok(links.some(href => href.endsWith('/onnx101.ipynb')), 'no link to the notebook')
    for (const href of links)
      assert.equal((await fetch(href)).status, 200, href)
    await page.evaluate(() => document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.slipped = true' })))
    assert.equal(await page.evaluate(() => window.slipped), undefined, 'a script of somebody else runs')
    assert.equal(noise.length, 1)
    await close()
  })

  test('the site holds the recordings, each in a file that its slide loads, and nothing that runs', () => {
    const folder = join(root, 'build/site')
    const files = readdirSync(folder, { recursive: true }).filter(name => /\.(?:js|html|css)$/.test(name))
    const texts = new Map(files.map(name => [name, readFileSync(join(folder, name), 'utf8')]))
    assert.deepEqual(files.filter(name => /__run|run-token|on-stage|as recorded/i.test(texts.get(name)) || /OnStage/.test(name)), [])
    const shown = new Set(deck.slides.flatMap(tagsOf).filter(({ tag }) => tag === 'Run').map(({ attributes: { snippet } }) => readFileSync(join(root, recordings, `${snippet}.txt`), 'utf8')))
    for (const text of shown) {
      const line = text.split('\n').filter(line => !/["'`\\$\P{ASCII}]/u.test(line)).sort((a, b) => b.length - a.length)[0] // as a script writes it
      const found = files.filter(name => texts.get(name).includes(line))
      assert.equal(found.length, [...shown].filter(text => text.includes(line)).length, line)
      assert.deepEqual(found.filter(name => texts.get('index.html').includes(name)), [], 'the first page loads it')
    }
  })

  test('the first slide shows after at most 250 KB of compressed script', async () => {
    const { page, close } = await open(browser)
    const answers = []
    page.on('response', response => answers.push(response))
    await page.goto(server.url)
    await page.locator('.slidev-page-1 h1').waitFor()
    const scripts = answers.filter(response => response.request().resourceType() === 'script')
    const bodies = await Promise.all(scripts.map(response => response.body()))
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0)
    assert.ok(bytes > 0 && bytes <= 250_000, `the first slide takes ${bytes} bytes of script; load later what it does not show`)
    await close()
  })

  test('a phone held upright reads every slide, and shows nothing beside it', async () => {
    const { page, noise, close } = await open(browser, PHONE)
    const findings = []
    let last
    await walk(page, server.url, async ({ no, clicks, stuck }) => {
      last = no
      const message = stuck ?? (clicks === 0 && await page.evaluate(cutOff))
      const slide = deck.slides[no - 1]
      if (message)
        findings.push({ check: 'phone', slide, line: slide.line, message })
      for (const finding of clicks === 0 ? await page.evaluate(readable, { no, smallest: 14 }) : [])
        findings.push({ ...finding, slide, line: slide.line })
    }, deck.slides)
    assert.deepEqual(noise, [])
    none(findings)
    await page.evaluate(() => document.querySelector('#page-root').insertAdjacentHTML('beforeend', '<p style="width: 500px">wide</p>'))
    assert.match(await page.evaluate(cutOff), /px wide; keep it within 390/)
    assert.equal(last, deck.slides.length)
    await page.evaluate(no => document.querySelector(`.slidev-page-${no} .slidev-layout`).insertAdjacentHTML('beforebegin', '<p style="width: 500px; text-align: right">far</p><p style="font-size: 9px">tiny</p>'), last)
    assert.match((await page.evaluate(readable, { no: last, smallest: 14 })).map(({ message }) => message).join(), /"tiny" is 9 px high.*"far" leaves a narrow window|"far" leaves a narrow window.*"tiny" is 9 px high/)
    await close()
  })

  test('no note marks a click that the slide does not have', () => {
    none([...marking(deck, no => clicks.get(no) ?? 0)].map(finding => ({ check: 'notes', ...finding })))
  })
})

describe('Slidev\'s own server', () => {
  let server, visit, page // one for all: it takes hundreds of modules to load
  before(async () => {
    server = await dev(root, { env: { ...process.env, DECK_RUN: '1' } }) // as `npm start` does
    visit = await open(browser)
    page = visit.page
  })
  after(async () => {
    await visit?.close()
    await server?.close()
  })

  test('every slide at every click, in light and dark', async () => {
    const { findings } = await survey(browser, server, deck, join(pictures, 'dev'), { canvas, recordings, glossary, visit })
    none(excuse(findings, exemptions).left)
  })

  /** Shows the deck where the survey was left out. */
  async function shown() {
    if (page.url() === 'about:blank') {
      await page.goto(`${server.url}1`)
      await page.locator('.slidev-page-1 .slidev-layout').waitFor()
    }
  }

  describe('key R', () => {
    before(shown)

    for (const slide of deck.slides) {
      for (const { attributes: { snippet } } of tagsOf(slide).filter(({ tag }) => tag === 'Run').slice(0, 1))
        test(`on slide ${slide.no}: ${snippet} lies over its recording`, () => rerun(page, slide.no, snippet))
    }
  })

  describe('key Tab', () => {
    before(shown)
    const slideOf = tag => deck.slides.find(slide => tagsOf(slide).some(found => found.tag === tag))

    test('reaches each link of a slide', () => {
      const { no, content } = deck.slides.find(({ title }) => title === 'References and thanks')
      return tabs(page, no, 'a', Array.from(content.matchAll(/\[([^\]]+)\]\(/g), ([, name]) => name))
    })

    test('reaches what runs a snippet', () => tabs(page, slideOf('Run').no, '.on-stage button', ['Copy', 'run evaluators R']))

    test('reaches what moves a live slide', () => tabs(page, slideOf('Oracle').no, '.oracle[data-live=true]', ['JFK', 'to', 'at 18:30', 'on 29 Jun']))
  })

  test('the PDF is right, page by page', async () => {
    await exportPdf(root, join(root, 'build/deck.pdf'), { server }) // throws with what is wrong in it
  })

  test('the presenter sees the act, and whether the talk is ahead or behind', async () => {
    const no = deck.slides.findIndex(({ frontmatter }) => frontmatter.layout === 'opener') + 2
    const [begin, end] = [no - 1, no].map(count => deck.slides.slice(0, count).reduce((sum, { frontmatter }) => sum + 60_000 * frontmatter.minutes, 0))
    await page.setViewportSize({ width: 1400, height: 800 })
    await page.goto(`${server.url}presenter/${no}`)
    const pace = page.locator('.pace')
    await pace.getByText('this slide until').waitFor()
    assert.equal(await page.locator('.part').textContent(), deck.slides[no - 2].title)
    const start = Date.now()
    await page.clock.setFixedTime(start)
    await page.locator('div:has(> .i-carbon\\:play)').first().dispatchEvent('click') // Slidev's timer
    for (const [passed, says] of [[begin - 30_000, '0:30 ahead'], [(begin + end) / 2, 'on time'], [end + 95_000, '1:35 behind']]) {
      await page.clock.setFixedTime(start + passed)
      await pace.getByText(says, { exact: true }).waitFor()
    }
  })
})
