// Snippets that run on stage, in a real browser: what the speaker sees, and what other sites get.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import axe from 'axe-core'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../../browser/find.mjs'
import { FAILS, folder, PRINTS, server, SLOW, slow } from './deck.mjs'

const TOKEN_MODULE = '/@id/__x00__virtual:run-token'
const runs = () => existsSync(join(folder, 'snippets/ran')) ? readFileSync(join(folder, 'snippets/ran'), 'utf8').length : 0
const tokenOf = async ({ url }) => (await (await fetch(url + TOKEN_MODULE)).text()).match(/token = '(.*)'/)[1]

describe('presented', () => {
  let browser, context, page
  before(async () => {
    const rebound = '--host-resolver-rules=MAP evil.example 127.0.0.1'
    browser = await chromium.launch({ executablePath: await findBrowser(), args: [...flags, rebound] })
    context = await browser.newContext({ viewport: { width: 980, height: 552 } })
    context.setDefaultTimeout(90_000) // the first page waits until Vite has bundled the packages
    page = await context.newPage()
  })
  after(() => browser?.close())

  const on = (no, window = page) => window.locator(`.slidev-page-${no}`)
  const open = async (path, window = page) => {
    await window.goto(server.url + path)
    await on(path.match(/\d+/)[0], window).locator('.recorded figcaption').waitFor()
    await window.waitForFunction(() => performance.getEntriesByType('paint').length) // Chromium drops keys before the first paint
  }
  /** Turns to a slide that is shown as if it were opened anew: who leaves a slide leaves its run. */
  const turn = async (no) => {
    for (const to of [no === PRINTS ? FAILS : PRINTS, no]) {
      await page.evaluate(to => window.__slidev__.nav.go(to), to)
      await on(to).waitFor()
    }
    await on(no).locator('.recorded figcaption').waitFor()
  }
  const status = (no, window) => on(no, window).getByRole('status')
  /** Waits until the page has drawn the result of the last key. */
  const drawn = () => page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  const shows = async (locator, text) => locator.filter({ hasText: text }).waitFor()

  test('shows the recording, with the versions it was made with', async () => {
    await open(`/${PRINTS}`)
    assert.match(await on(PRINTS).locator('figcaption').innerText(), /^Python 3\.11, numpy 2\.0\.1$/)
    assert.equal(await on(PRINTS).locator('pre.recording').innerText(), '3.141592653589793')
    assert.equal(runs(), 0)
  })

  test('runs by button, and compares with the recording', async () => {
    await on(PRINTS).getByRole('button', { name: 'run good' }).click()
    await shows(status(PRINTS), 'exit status 0, as recorded')
    assert.match(await on(PRINTS).locator('.over figcaption').innerText(), /^now exit status 0, as recorded · \d+\.\d s$/)
    assert.equal((await on(PRINTS).getByRole('log', { name: 'What good prints' }).innerText()).trim(), '3.141592653589793')
    assert.equal(runs(), 1)
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'a focused button takes Slidev\'s keys')
  })

  test('shows the error of a failing run, as text', async () => {
    await turn(FAILS)
    await page.keyboard.press('r')
    await shows(status(FAILS), 'exit status 1, not as recorded')
    const log = on(FAILS).getByRole('log')
    assert.deepEqual((await log.innerText()).trim().split('\n'), ['<b>bold</b>', '<i>no</i>'])
    assert.equal(await log.locator('b, i').count(), 0)
    assert.match(await log.locator('.stderr').first().innerText(), /^<i>no<\/i>/)
  })

  test('brings the recording back at the next press', async () => {
    await turn(PRINTS)
    await page.keyboard.press('r')
    await shows(status(PRINTS), 'exit status 0, as recorded')
    await on(PRINTS).getByRole('button', { name: 'back good' }).waitFor()
    await page.keyboard.press('r')
    await shows(on(PRINTS).locator('.recorded figcaption'), 'Python 3.')
    assert.equal(await status(PRINTS).count(), 0)
    await page.keyboard.press('r')
    await shows(status(PRINTS), 'exit status 0, as recorded')
  })

  for (const [why, spoil, line] of [
    ['without Python', route => route.fulfill({ status: 503, body: 'there is no .venv to run it in: make one with what it imports\n' }), 'there is no .venv to run it in: make one with what it imports'],
    ['while another run goes on', route => route.fulfill({ status: 409, body: 'a snippet is running already\n' }), 'a snippet is running already'],
    ['through a forwarded port', route => route.fulfill({ status: 403, body: 'the deck goes by another host name\n' }), 'the deck goes by another host name'],
    ['when the server is gone', route => route.abort(), 'the server that runs snippets is gone'],
  ]) {
    test(`keeps the recording ${why}, and says why beside it`, async () => {
      await turn(PRINTS)
      const seen = () => on(PRINTS).locator('pre.recording').boundingBox()
      const before = await seen()
      await page.route('**/__run/*', spoil)
      await page.keyboard.press('r')
      await shows(status(PRINTS), line)
      assert.equal(await on(PRINTS).locator('pre.recording:visible').innerText(), '3.141592653589793')
      assert.deepEqual(await seen(), before)
      const [told, stands] = [await status(PRINTS).boundingBox(), before]
      assert.ok(told.y >= stands.y + stands.height && told.y < stands.y + stands.height + 30, 'the line is not below the recording')
      await page.unroute('**/__run/*')
      await page.keyboard.press('r')
      await shows(on(PRINTS).locator('figcaption:visible'), 'Python 3.')
      assert.equal(await status(PRINTS).count(), 0)
    })
  }

  test('is accessible while it runs on stage, light and dark', async () => {
    await turn(FAILS)
    await page.keyboard.press('r')
    await shows(status(FAILS), 'exit status 1')
    await page.evaluate(axe.source)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      const { violations } = await page.evaluate(stage => window.axe.run(stage), `.slidev-page-${FAILS} .on-stage`)
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], colorScheme)
    }
    const sizes = await on(FAILS).locator('.on-stage *').evaluateAll(all => all.map(element => Number.parseFloat(getComputedStyle(element).fontSize)))
    assert.ok(Math.min(...sizes) >= 14)
  })

  test('shows a run in every window, and stops it from any', async () => {
    await turn(SLOW)
    const speaker = await context.newPage()
    await open(`/presenter/${SLOW}`, speaker)
    await page.bringToFront()
    await page.keyboard.press('r')
    await slow.started()
    await shows(status(SLOW, speaker), 'running')
    await shows(on(SLOW, speaker).getByRole('log'), 'started')
    await on(SLOW, speaker).getByRole('button', { name: 'stop slow' }).click()
    await shows(status(SLOW), 'stopped')
    await shows(status(SLOW, speaker), 'stopped')
    await slow.ends()
    await speaker.close()
  })

  async function goesOn() {
    await shows(status(SLOW), 'running')
    await on(SLOW).getByRole('log').filter({ hasText: 'started' }).waitFor()
    assert.ok(slow.alive())
  }

  test('stops when the slide is left, which shows its recording again', async () => {
    await turn(SLOW)
    await page.keyboard.press('r')
    await goesOn()
    await page.keyboard.press('ArrowLeft')
    await slow.ends()
    await page.keyboard.press('ArrowRight')
    await shows(on(SLOW).locator('pre'), 'slow')
  })

  test('does not run for a letter that is typed, or with a modifier', async () => {
    await page.keyboard.press('Alt+r')
    await page.keyboard.press('g')
    await page.locator('#slidev-goto-input').pressSequentially('r')
    await page.keyboard.press('Escape')
    await drawn()
    assert.equal(await status(SLOW).count(), 0)
  })

  test('stops when the page is closed', async () => {
    await turn(SLOW)
    await page.keyboard.press('r')
    await goesOn()
    await page.close()
    await slow.ends()
    page = await context.newPage()
  })

  test('is the recording alone in print', async () => {
    await page.goto(`${server.url}/${PRINTS}?print`)
    await on(PRINTS).locator('figcaption').waitFor()
    assert.equal(await page.getByRole('button', { name: 'run' }).count(), 0)
  })

  test('gives other sites no token, no frame and no run', async () => {
    const token = await tokenOf(server)
    assert.match(token, /^[\w-]{43}$/)
    const before = runs()
    const site = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'))
    await once(site.listen(0, '127.0.0.1'), 'listening')
    for (const name of ['localhost', 'evil.example']) { // the same site on another port, and another site
      await page.goto(`http://${name}:${site.address().port}/`)
      const got = await page.evaluate(async ([deck, module, token]) => {
        const script = type => new Promise((resolve, reject) => {
          document.head.append(Object.assign(document.createElement('script'), { src: deck + module, type, onload: resolve, onerror: reject }))
        })
        const form = enctype => new Promise((resolve) => {
          const frame = Object.assign(document.createElement('iframe'), { name: enctype, onload: () => resolve() })
          const form = Object.assign(document.createElement('form'), { method: 'post', action: `${deck}/__run/good`, target: enctype, enctype })
          document.body.append(frame, form)
          form.submit()
        }).then(() => Promise.reject(new Error('it was let in')))
        const run = `${deck}/__run/good`
        const attacks = {
          'imports the token': () => import(deck + module),
          'fetches the token': () => fetch(deck + module),
          'fetches the page': () => fetch(deck),
          'includes the token as a module': () => script('module'),
          'includes the token as a script': () => script(''),
          'posts': () => fetch(run, { method: 'POST' }),
          'posts with a stolen token': () => fetch(run, { method: 'POST', headers: { 'X-Run-Token': token } }),
          'posts without asking': () => fetch(run, { method: 'POST', mode: 'no-cors' }).then(() => Promise.reject(new Error('it was let in'))),
          'submits a form': () => form('application/x-www-form-urlencoded'),
          'submits plain text': () => form('text/plain'),
        }
        const won = []
        for (const [attack, go] of Object.entries(attacks))
          await go().then(() => won.push(attack), () => {})
        return won
      }, [server.url, TOKEN_MODULE, token])
      assert.deepEqual(got, [], name)

      await page.evaluate(url => new Promise((resolve) => {
        document.body.replaceChildren(Object.assign(document.createElement('iframe'), { src: url, onload: resolve })) // also when it is refused
      }), server.url)
      assert.equal(await page.frameLocator('iframe').locator('#app').count(), 0, `${name} frames the deck`)
    }
    site.close()
    assert.equal(runs(), before)
  })

  test('answers no rebound name', async () => {
    for (const path of ['/', TOKEN_MODULE, '/__run/good'])
      assert.equal((await page.goto(`http://evil.example:${server.port}${path}`)).status(), 403, path)
  })
})
