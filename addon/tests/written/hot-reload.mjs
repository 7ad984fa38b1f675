// While a deck is written, and not presented: an edited snippet or recording shows at once, every time; nothing runs, and nothing writes.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../../browser/find.mjs'
import { write } from '../decks.mjs'
import { ending, folder, head, ONE, server, snippet, together } from './deck.mjs'

describe('edited', () => {
  let browser, context, page

  before(async () => {
    browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
    context = await browser.newContext()
    context.setDefaultTimeout(90_000) // the first page waits until Vite has bundled the packages
    page = await context.newPage()
    await page.goto(`${server.url}/${ONE}`)
    await page.locator(`.slidev-page-${ONE + 1} figcaption`).waitFor({ state: 'attached' })
  })
  after(() => browser?.close())

  /** Waits until slide `no` shows both texts; says what it shows instead when it does not. */
  async function shows(no, code, recording) {
    const wanted = [`print("${code}")`, recording]
    // In the page, so that it starts again when the page is reloaded.
    await page.waitForFunction(({ no, wanted }) => ['.slidev-code code', 'pre.recording'].every((part, i) =>
      document.querySelector(`.slidev-page-${no} ${part}`)?.textContent === wanted[i]), { no, wanted })
      .catch(async () => assert.deepEqual(await page.locator(`.slidev-page-${no} :is(.slidev-code code, pre.recording)`).allTextContents(), wanted))
  }

  /** Saves as editors do: over the file, or beside it and then renamed. */
  function save(path, text, round) {
    if (round % 2)
      return write(folder, path, text)
    write(folder, `${path}~`, text)
    renameSync(join(folder, `${path}~`), join(folder, path))
  }

  async function edit(no, name, round, before) {
    save(`snippets/${name}.py`, snippet(`${name} ${round}`), round)
    await shows(no, `${name} ${round}`, before)
    save(`snippets/outputs/${name}.txt`, `${name} ${round}\n`, round)
    await shows(no, `${name} ${round}`, `${name} ${round}`)
  }

  test('two snippets and their recordings, three times in a row', async () => {
    await page.evaluate(() => window.unloaded = false)
    for (const round of [1, 2, 3]) {
      await edit(ONE, 'one', round, round > 1 ? `one ${round - 1}` : 'first')
      await edit(ONE + 1, 'two', round, round > 1 ? `two ${round - 1}` : 'first')
    }
    assert.equal(await page.evaluate(() => window.unloaded), false, 'the page was loaded again')
  })

  test('a snippet of a slide that was added meanwhile', async () => {
    write(folder, 'slides.md', ending(['one', 'two', 'three']))
    await page.goto(`${server.url}/${ONE + 2}`)
    await page.locator(`.slidev-page-${ONE + 2} figcaption`).waitFor()
    for (const round of [1, 2])
      await edit(ONE + 2, 'three', round, round > 1 ? 'three 1' : 'first')
    await edit(ONE, 'one', 4, 'one 3')
  })

  test('a slide that is put between two leaves every slide its own content', async () => {
    const titles = ['one', 'two', 'three', 'four', 'five', 'six']
    const plain = titles => head + together(titles.map(title => `# ${title}\n`))
    write(folder, 'slides.md', plain(titles))
    const seen = () => page.locator('[data-slidev-no] h1, .slidev-page h1').allTextContents()
    for (const at of [1, 3, 0, 5]) {
      await page.goto(`${server.url}/${at + 1}`)
      await page.locator(`.slidev-page-${at + 1} h1`).waitFor()
      titles.splice(at, 0, `new ${at}`)
      write(folder, 'slides.md', plain(titles)) // soon after opening: its neighbours are still on their way
      for (let no = 1; no <= titles.length; no++) {
        // In one step, which starts again when the page is reloaded; a page that is still opening may not go yet.
        await page.waitForFunction(({ count, no, title }) => {
          const nav = window.__slidev__?.nav
          if (nav?.total !== count)
            return false
          if (nav.currentSlideNo !== no && !window.going)
            window.going = nav.go(no).finally(() => window.going = undefined)
          const shown = document.querySelector(`.slidev-page-${no} h1`)
          return shown?.checkVisibility() && shown.textContent.includes(title)
        }, { count: titles.length, no, title: titles[no - 1] })
          .catch(async () => assert.fail(`slide ${no} shows "${await page.locator(`.slidev-page-${no} h1`).textContent()}" and is "${titles[no - 1]}"; seen: ${await seen()}`))
      }
    }
  })

  test('the presenter is offered no pencil, and less motion is none', async () => {
    const calm = await context.newPage()
    await calm.setViewportSize({ width: 1400, height: 800 })
    await calm.emulateMedia({ reducedMotion: 'reduce' })
    await calm.goto(`${server.url}/presenter/1`)
    await calm.locator('.slidev-page-1 h1').first().waitFor()
    await calm.locator('button[title="Edit Notes"]').first().waitFor({ state: 'attached' }).catch(() => assert.fail('Slidev names its pencil otherwise now'))
    assert.equal(await calm.locator('button[title="Edit Notes"]:visible').count(), 0)
    assert.deepEqual(await calm.evaluate(() => {
      const probe = document.body.appendChild(Object.assign(document.createElement('div'), { className: 'fade-enter-active', style: 'transition: opacity 2s; animation: spin 3s infinite' }))
      const { transitionDuration, animationDuration } = getComputedStyle(probe)
      return [transitionDuration, animationDuration]
    }), ['0s', '0s'])
    await calm.close()
  })

  test('nothing runs without the switch', async () => {
    assert.match(await (await fetch(`${server.url}/@id/__x00__virtual:run-token`)).text(), /token = ''/)
    for (const token of ['', 'a'.repeat(43)]) {
      const { status } = await fetch(`${server.url}/__run/ran`, { method: 'POST', headers: { 'Origin': server.url, 'X-Run-Token': token } })
      assert.equal(status, 403)
    }
    assert.ok(!existsSync(join(folder, 'snippets/ran.txt')))
    assert.doesNotMatch(server.log, /on stage/)
  })

  test('nothing writes through the dev server', async () => {
    const slides = () => readFileSync(join(folder, 'slides.md'), 'utf8')
    const [text, files] = [slides(), readdirSync(folder)]
    const json = { 'Content-Type': 'application/json', 'Origin': server.url }
    const cases = [
      ['/__slidev/slides/1.json', { content: '# Taken over', skipHmr: true }],
      ['/__mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
      ['/@server-reactive/snapshots', { data: {} }],
      ['/@server-reactive/__proto__', { data: {} }],
    ]
    for (const [path, body] of cases)
      assert.equal((await fetch(server.url + path, { method: 'POST', headers: json, body: JSON.stringify(body) })).status, 403, path)
    assert.equal((await fetch(`${server.url}/__open-in-editor?file=slides.md`)).status, 403)
    assert.equal(slides(), text)
    assert.deepEqual(readdirSync(folder), files)
  })

  test('windows of the deck stay in step, and other sites do not join', async () => {
    const move = headers => fetch(`${server.url}/@server-reactive/nav`, { method: 'POST', headers, body: '{"patch":{"page":1}}' })
    assert.equal((await move({ Origin: server.url })).status, 200)
    for (const headers of [{}, { Origin: 'null' }, { Origin: 'http://localhost:1' }, { Origin: 'https://evil.example' }])
      assert.equal((await move(headers)).status, 403)
  })
})
