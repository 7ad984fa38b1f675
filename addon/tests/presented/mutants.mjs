// Broken slides, met by one walk of the browser: the named check must say so, with the slide and the fix.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { printable } from '../../browser/patient.mjs'
import { launch, look, open, still, survey } from '../../browser/walk.mjs'
import { say } from '../../checks/contract.mjs'
import { load } from '../../deck/slides.mjs'
import { until } from '../lasting.mjs'
import { rendered } from './broken.mjs'
import { BROKEN, copy, folder, recordings, server } from './deck.mjs'

const REMEMBER = '# What to remember'
const CANVAS = { reach: 0.8, prose: 22, code: 16, roomy: 20 }
// What no walk gets past: a slide that waits for ever, and one whose error ends Vue's update of the page.
const blocking = [
  ['a component that never finishes', 'loading', /has not appeared/, '<div data-waitfor=".ready">…</div>'],
  ['a component that fails', 'console', /it broke.*mend the component/, `<p @vue:mounted="() => { throw new Error('it broke') }">broken</p>`],
]

describe('the browser', () => {
  let browser
  let findings
  before(async () => {
    browser = await launch()
    findings = (await survey(browser, { url: `${server.url}/` }, await load(join(folder, 'slides.md')), join(folder, 'failures'), { canvas: CANVAS, recordings })).findings
  })
  after(() => browser?.close())
  afterEach(() => copy.restore())

  for (const [i, [name, check, message, , { scheme, anywhere } = {}]] of rendered.entries()) {
    test(`catches ${name}`, () => {
      const here = findings.filter(({ slide }) => anywhere || slide.no === BROKEN + i)
      const caught = here.find(finding => finding.check === check && message.test(finding.message))
      assert.ok(caught, `not caught; found: ${here.map(say).join('\n')}`)
      assert.match(caught.state ?? '', new RegExp(scheme ?? ''))
    })
  }

  test('a page reaches this machine by its own names only', async () => {
    const { page, close } = await open(browser)
    await assert.rejects(page.goto(server.url.replace('localhost', 'other.localhost')), /ERR_NAME_NOT_RESOLVED/) // which is this machine, too
    await close()
  })

  test('a page is printed once its editors have their code', async () => {
    const page = await browser.newPage()
    await page.setContent('<main data-slidev-no="1"><div class="slidev-monaco-container-inner"></div></main>')
    await page.evaluate(() => setTimeout(() => document.querySelector('div').innerHTML = '<i class="view-line">1</i>', 300))
    await printable(page)
    assert.equal(await page.innerText('main'), '1')
    await page.close()
  })

  for (const [i, [name, check, message, markdown]] of blocking.entries()) {
    test(`catches ${name}`, async () => {
      const { page, noise, close } = await open(browser)
      await page.routeWebSocket(/./, () => {}) // only this test reloads the page
      copy.edit('slides.md', text => text.replace(REMEMBER, `${REMEMBER}\n\n<i id="blocking-${i}"></i>\n\n${markdown}`))
      await until(async () => (await (await fetch(`${server.url}/__slidev/slides/6.json`)).text()).includes(`blocking-${i}`), 'the server does not show what was changed')
      // A page may still load before Vite has forgotten what it served.
      do {
        noise.length = 0
        await page.goto(`${server.url}/6`)
        await page.locator('.slidev-page-6 .slidev-layout').waitFor()
      } while (await page.locator(`#blocking-${i}`).count() === 0)
      const stuck = await still(page, 6, 2000)
      const found = [...await look(page, { no: 6, stuck }, CANVAS), ...noise]
      assert.ok(found.some(finding => finding.check === check && message.test(finding.message)), `not caught; found: ${JSON.stringify(found, null, 2)}`)
      await close()
    })
  }
})
