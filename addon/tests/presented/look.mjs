// A look at one slide, where it is presented.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { launch } from '../../browser/walk.mjs'
import { placeOf, presentedAt } from '../../deck/presented.mjs'
import { load } from '../../deck/slides.mjs'
import { until } from '../lasting.mjs'
import { copy, folder, PRINTS, server } from './deck.mjs'

describe('a look at one slide', () => {
  const command = resolve(import.meta.dirname, '../../commands/look.mjs')
  const look = (...args) => spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' })
  const slide = async no => (await load(join(folder, 'slides.md'))).slides[no - 1]
  let browser
  before(async () => browser = await launch())
  after(() => browser?.close())

  test('says what is on it, where it is presented and no window follows it, and leaves a picture of each click in light and dark', async () => {
    const page = await browser.newPage()
    page.setDefaultTimeout(90_000)
    await page.goto(`${server.url}/presenter/${PRINTS}`)
    await page.locator(`.slidev-page-${PRINTS}`).first().waitFor()
    copy.edit('snippets/bubble.py', text => text.replaceAll('region swap', 'region law'))
    copy.edit('slides.md', text => text.replace('[click] The comparison', '[click] One. [click] Two').replace('# Bubble sort compares', '# Bubble sort <small style="font-size: 9px">tiny</small> compares'))
    await until(async () => await presentedAt(folder, await slide(2)), 'the server does not show what was changed')
    const { status, stdout, stderr } = look('bubble sort')
    assert.deepEqual([status, stderr], [1, ''], stdout)
    assert.match(stdout, /^slides\.md:\d+, slide 2 ".*" \[small\] "tiny" is 9[.\d]* px high/m)
    assert.match(stdout, /^slides\.md:\d+, slide 2 ".*" \[import\] snippets\/bubble\.py has no region swap; name one of: law/m)
    assert.match(stdout, /^slide 2, ".*", as it is presented: /m)
    assert.deepEqual(readdirSync(join(folder, 'build/look')).sort(), [0, 1].flatMap(click => ['dark', 'light'].map(scheme => `slide-2-click-${click}-${scheme}.png`)))
    assert.equal(await page.evaluate(() => location.pathname), `/presenter/${PRINTS}`)
  })

  test('refuses in one line what it cannot look at', () => {
    for (const [args, says] of [[[], /name one slide/], [['99'], /no slides are called "99"; name one of the \d+/], [['t'], /\d slides are called "t"/]])
      assert.match(look(...args).stderr, new RegExp(`^look: [^\\n]*${says.source}[^\\n]*\\n$`))
  })

  test('goes to a server that presents this very slide, and to none that has ended', async () => {
    const first = await slide(1)
    assert.equal(await presentedAt(folder, { ...first, content: 'another' }), undefined)
    assert.deepEqual(readdirSync(placeOf(folder)), [String(server.pid)], 'one that was killed is still named')
    writeFileSync(join(placeOf(folder), '1'), 'http://localhost:1/')
    assert.equal(await presentedAt(folder, first), `${server.url}/`)
    await server.stop()
    assert.deepEqual(readdirSync(placeOf(folder)), ['1'])
    assert.equal(await presentedAt(folder, first), undefined)
  })
})
