// Breaks a copy of the deck, one way at a time: the named check must say so, with the slide, the line and the mend.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, parse } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../../addon/browser/find.mjs'
import { dev } from '../../addon/browser/serve.mjs'
import { marking } from '../../addon/deck/notes.mjs'
import { python } from '../../scripts/setup.mjs'
import { load, textOf } from '../../addon/deck/slides.mjs'
import { contract, judge, measurements, say } from '../../addon/checks/contract.mjs'
import { copyDeck } from '../../addon/checks/copy.mjs'
import { configOf } from '../../addon/deck/config.mjs'
import { tagsOf } from '../../addon/deck/prose.mjs'
import { compare, excuse, look, open, still } from '../../addon/browser/walk.mjs'

const copy = copyDeck('mutants')
const deck = await load(join(copy.root, 'slides.md'))
const config = await configOf(copy.root)
beforeEach(() => copy.restore())

/** Changes the slide's own lines in slides.md: the first `from` in it becomes `to`. */
function inSlide(slide, from, to) {
  copy.edit('slides.md', (text) => {
    const rows = text.split('\n')
    const head = rows.slice(0, slide.line - 1).join('\n')
    const tail = rows.slice(slide.line - 1).join('\n')
    return `${head}\n${tail.replace(from, () => to)}`
  })
}
/** Adds Markdown below the slide's title. */
const replace = (slide, markdown) => inSlide(slide, slide.content, `${slide.content.match(/^#+ .*$/m)[0]}\n\n${markdown}`)
const add = (slide, markdown) => inSlide(slide, /^#+ .*$/m, `${slide.content.match(/^#+ .*$/m)[0]}\n\n${markdown}`)

const all = deck.slides.flatMap(slide => slide.imports.map(shown => ({ slide, shown, rows: textOf(deck.root, shown).split('\n') })))
const region = all.find(({ shown }) => shown.region && shown.path.endsWith('.py'))
const steps = all.find(({ shown }) => shown.steps)
const run = deck.slides.flatMap(slide => tagsOf(slide).filter(({ tag }) => tag === 'Run').map(({ attributes, line }) => ({ slide, line, snippet: attributes.snippet }))).find(({ snippet }) => !snippet.includes('.'))
const claiming = deck.slides.find(({ frontmatter }) => frontmatter.claim && frontmatter.claim !== 'none')
const plain = deck.slides.find(({ imports, frontmatter, title, no }) => no > 1 && title && !imports.length && !frontmatter.claim)

const mutations = [
  ['a renamed region', 'import', /name one of/, () => copy.edit(region.shown.path, text => text.replaceAll(`region ${region.shown.region}`, 'region elsewhere')), region],
  ['an unclosed region', 'import', /is not closed; end it/, () => copy.edit(region.shown.path, text => text.replace(`# endregion ${region.shown.region}`, '')), region],
  ['an unclosed region, in the file', 'region', /only one of its two markers; give both/, () => copy.edit(region.shown.path, text => text.replace(`# endregion ${region.shown.region}`, ''))],
  ['a region that is there twice', 'import', /more than once; give each/, () => copy.edit(region.shown.path, text => `${text}\n# region ${region.shown.region}\n# endregion ${region.shown.region}\n`), region],
  ['a removed snippet', 'import', /does not exist; name a file/, () => copy.remove(region.shown.path), region],
  ['a widened line', 'import', /columns; break it at \d+/, () => copy.edit(region.shown.path, text => text.replace(`# region ${region.shown.region}\n`, match => `${match}# ${'wide '.repeat(20)}\n`)), region],
  ['a region that grew', 'import', /show at most 15/, () => copy.edit(region.shown.path, text => text.replace(`# region ${region.shown.region}\n`, match => match + 'pass\n'.repeat(16))), region],
  ['a step past the end', 'import', /lies outside the \d+ lines.*mend the step/, () => inSlide(steps.slide, `{${steps.shown.steps}}`, `{${steps.shown.steps}|${steps.rows.length + 1}}`), steps],
  ['an import without a language', 'import', /names no language; write it/, () => inSlide(region.slide, new RegExp(`(<<< @/${region.shown.path}\\S*) .*`), `<<< @/${region.shown.path}#${region.shown.region}`), region],
  ['code typed into a slide', 'typed', /import it with <<</, () => add(plain, '```py\nprint(1)\n```'), { slide: plain }],
  ['output typed into a slide', 'typed', /import it with <<</, () => add(plain, '```console\n1\n```'), { slide: plain }],
  ['a snippet on no slide', 'shown', /show it, or list it/, () => copy.write('snippets/unseen.py', 'print(1)\n')],
  ['a lost recording', 'recording', /no snippet that has a recording; name one/, () => copy.remove(`snippets/outputs/${run.snippet}.txt`), run],
  ['a recording of nothing', 'recording', /no snippet writes .*; remove it/, () => copy.write('snippets/outputs/stray.txt', '1\n')],
  ['a recording of nothing on a slide', 'recording', /show a recording of a snippet/, () => (copy.write('snippets/outputs/stray.txt', '1\n'), add(plain, '<<< @/snippets/outputs/stray.txt txt')), { slide: plain }],
  ['a typed number', 'number', /"12.5 MB" is typed; show it from a recording/, () => add(plain, 'It takes 12.5 MB.'), { slide: plain }],
  ['a ratio in words', 'number', /"forty times" is typed/, () => add(plain, 'That is forty times as fast.'), { slide: plain }],
  ['a typed number in an attribute', 'number', /"30 ms" is typed/, () => add(plain, '<p title="after 30 ms">Soon.</p>'), { slide: plain }],
  ['a typed number in a prop', 'number', /0.37 is typed into the prop :share/, () => add(plain, '<Bar :share="0.37" />'), { slide: plain }],
  ['a typed number in a note', 'number', /"80 %" is typed/, () => inSlide(plain, '<!--\n', '<!--\nThat is 80 %.\n'), { slide: plain }],
  ['a typed number in a title', 'number', /name the claim that proves it/, () => inSlide(plain, /^#+ /m, '# Nine hours: '), { slide: plain }],
  ['a typed number in a component', 'number', /components\/Stray.vue: "7 GB" is typed/, () => copy.write('components/Stray.vue', '<template>\n  <p>7 GB</p>\n</template>\n')],
  ['a fact that nobody says', 'number', /nothing says it; mend or remove/, () => ({ facts: [...config.facts, { text: '99 %', source: 'none' }] })],
  ['a fact without a source', 'number', /without a source/, () => ({ facts: config.facts.map(({ text }) => ({ text })) })],
  ['a value that was not measured', 'value', /nothing was measured at nowhere.mb; name a value/, () => add(plain, 'It is <Value of="nowhere.mb" />.'), { slide: plain }],
  ['a stale claim', 'claim', /no longer true.*measure again, or mend the title/, () => ({ claims: { ...config.claims, [claiming.frontmatter.claim]: () => 'it is the other way round' } }), { slide: claiming }],
  ['a claim without a check', 'claim', /there is no claim unheard in deck.config.mjs; write it/, () => inSlide(claiming, /^claim: .*$/m, 'claim: unheard'), { slide: claiming }],
  ['a measurement without a claim', 'claim', /names no claim; write `claim:/, () => inSlide(claiming, /^claim: .*\n/m, ''), { slide: claiming }],
  ['a claim that no slide makes', 'claim', /take it out/, () => ({ claims: { ...config.claims, unmade: () => true } })],
  ['a slide without minutes', 'minutes', /write `minutes:`/, () => inSlide(plain, /^minutes: .*\n/m, ''), { slide: plain }],
  ['a talk of another length', 'minutes', /mend one of them/, () => copy.edit('slides.md', text => text.replace(/^duration: .*$/m, 'duration: 7min')), { slide: deck.slides[0] }],
  ['a path of another length', 'minutes', /the path of \d+ minutes takes .*mend `path:`/, () => copy.edit('slides.md', text => text.replace(/^path: \d+\n/m, '')), { slide: deck.slides[0] }],
  ['a broken link', 'link', /neither a slide nor a file; mend the link/, () => add(plain, 'See [there](/999).'), { slide: plain }],
  ['a removed picture', 'link', /neither a slide nor a file/, () => add(plain, '![a picture](/gone.svg)'), { slide: plain }],
  ['a remote image', 'remote', /put the file into public/, () => add(plain, '<img alt="far" src="https://example.com/far.png">'), { slide: plain }],
  ['a model that nobody writes', 'artefact', /no snippet writes public\/models\/stray.onnx/, () => copy.write('public/models/stray.onnx', '')],
  ['a model that nothing holds to its snippet', 'artefact', /add one/, () => ['snippets', 'live'].flatMap(room => readdirSync(join(copy.root, 'tests', room)).map(file => `tests/${room}/${file}`)).forEach(copy.remove)],
]

describe('the contract catches', () => {
  const told = new Set(contract(deck, config).map(say))

  for (const [name, check, message, mutate, at] of mutations) {
    test(name, async () => {
      const changed = mutate()
      const found = contract(await load(join(copy.root, 'slides.md')), { ...config, ...changed }).filter(finding => !told.has(say(finding)))
      const caught = found.filter(finding => finding.check === check && message.test(finding.message))
      assert.equal(caught.length >= 1, true, `not caught by ${check}; found: ${found.map(say).join('\n')}`)
      if (at)
        assert.match(say(caught[0]), new RegExp(`^slides\\.md:\\d+, slide ${at.slide.no} `))
    })
  }

  for (const [name, claim] of Object.entries(config.claims)) {
    test(`measurements under which the claim ${name} is no longer true`, () => {
      const data = measurements(copy.root, config.recordings)
      assert.equal(judge(claim, data), true)
      assert.ok(leaves(data).some(({ holder, key }) => {
        const value = holder[key]
        const verdicts = [0, 1000, 0.001].map(factor => judge(claim, (holder[key] = value * factor, data)))
        holder[key] = value
        return verdicts.some(verdict => verdict !== true)
      }), 'no measurement changes it')
    })
  }
})

describe('the Python side catches', () => {
  function pytest(file) {
    const { status, stdout } = spawnSync(python, ['-m', 'pytest', '-q', file], { cwd: copy.root, encoding: 'utf8' })
    return { status, stdout }
  }

  test('a changed output', () => {
    copy.edit(`snippets/outputs/${run.snippet}.txt`, text => text.replace(/\d/, digit => (Number(digit) + 1) % 10))
    const { status, stdout } = pytest(`snippets/${run.snippet}.py`)
    assert.equal(status, 1)
    assert.match(stdout, new RegExp(`${run.snippet}\\.py no longer prints its recording; mend it, or renew`))
  })

  test('a swapped model', () => {
    const models = readdirSync(join(copy.root, 'public/models')).filter(file => file.endsWith('.onnx'))
    const model = models.find(file => existsSync(join(copy.root, `tests/snippets/test_${parse(file).name}.py`)))
    copy.write(`public/models/${model}`, readFileSync(join(copy.root, 'public/models', models.find(file => file !== model))))
    assert.equal(pytest(`tests/snippets/test_${parse(model).name}.py`).status, 1)
  })
})

/** Every number in nested data, as the object or list that holds it and the key there. */
function leaves(holder) {
  return Object.entries(holder).flatMap(([key, value]) => typeof value === 'number' ? [{ holder, key }] : value && typeof value === 'object' ? leaves(value) : [])
}

test('the notes of a slide catch clicks that it does not have', async () => {
  inSlide(plain, '<!--\n', '<!--\n[click] One. [click:3] And three.\n')
  const [{ slide, line, message }] = marking(await load(join(copy.root, 'slides.md')), () => 3)
  assert.equal(slide.no, plain.no)
  assert.equal(line, plain.noteLine)
  assert.match(message, /marks 4 clicks and the slide has 3; take out/)
})

test('an exemption that excuses nothing is told, and one without a reason excuses nothing', () => {
  const finding = { check: 'small', slide: plain }
  const exemption = { check: 'small', title: plain.title, reason: 'a footnote' }
  assert.deepEqual(excuse([finding], [exemption]), { left: [], needless: [] })
  assert.deepEqual(excuse([], [exemption]), { left: [], needless: [exemption] })
  assert.deepEqual(excuse([finding], [{ ...exemption, reason: '' }]).left, [finding])
})

const rendered = [
  ['tiny text', 'small', /"tiny" is 11 px high; make it 14/, '<p style="font-size: 11px">tiny</p>'],
  ['text below the lower edge', 'overflow', /"far below" leaves the canvas by/, '<p class="absolute" style="top: 560px">far below</p>'],
  ['a slide that is half empty', 'empty', /ends \d+ % down the canvas; fill it/, '<p>short</p>', { whole: true }],
  ['words on words', 'overlap', /"one" lies on "other"/, '<p>one</p><p style="margin-top: -50px">other</p>'],
  ['small prose', 'size', /"murmured" is 20 px high; make it 22/, '<p style="font-size: 20px">murmured</p>'],
  ['a small table', 'size', /"murmured" is 15 px high; make it 16/, '<table style="font-size: 15px"><tbody><tr><td>murmured</td></tr></tbody></table>'],
  ['code that has room to be larger', 'room', /code of 16 px has room for 18 px/, `<div style="--slidev-code-font-size: 16px">\n\n<<< @/${region.shown.path}#${region.shown.region} py\n\n</div>`, { whole: true }],
  ['a box that scrolls', 'scroll', /hides \d+ px of its content/, `<div style="height: 30px; overflow: auto">${'<p>more</p>'.repeat(9)}</div>`],
  ['faint text', 'contrast', /color contrast/, '<p style="color: #aaa; background: #fff">faint</p>'],
  ['text that is faint in the dark', 'contrast', /color contrast/, '<p style="color: #333">dark</p>', { scheme: 'dark' }],
  ['faint text in a picture', 'contrast', /"pale" in a picture/, '<svg width="90" height="30"><rect width="90" height="30" fill="#fff"/><text x="5" y="20" fill="#bbb">pale</text></svg>'],
  ['a picture without a name', 'name', /alt/, '<img src="/favicon.svg">'],
  ['a remote image', 'request', /asks https:\/\/example.com/, '<img alt="far" src="https://example.com/far.png">'],
  ['an unknown component', 'component', /mend its name/, '<Nowhere />'],
  ['a component that fails', 'console', /it broke.*mend the component/, `<p @vue:mounted="() => { throw new Error('it broke') }">broken</p>`],
  ['a component that never finishes', 'loading', /has not appeared/, '<div data-waitfor=".ready">…</div>'],
  ['an import that is shown as it is typed', 'code', /no code block shows/, `<div>\n<<< @/${region.shown.path}#${region.shown.region} py\n</div>`],
]

describe('the browser catches', () => {
  let server
  let browser
  let opened
  before(async () => {
    server = await dev(copy.root)
    browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
    opened = await open(browser)
  })
  after(async () => {
    await browser?.close()
    await server?.close()
  })

  for (const [i, [name, check, message, markdown, { scheme, whole } = {}]] of rendered.entries()) {
    test(name, { timeout: 60_000 }, async () => {
      const { page, noise } = opened
      const change = whole ? replace : add
      change(plain, `<i id="mutation-${i}"></i>\n\n${markdown}`)
      const mutated = await load(join(copy.root, 'slides.md'))
      // A page may come before the server has taken the change up.
      for (let shown = false; !shown;) {
        noise.length = 0
        await page.goto(`${server.url}${plain.no}`)
        await page.locator(`.slidev-page-${plain.no} .slidev-layout`).waitFor({ timeout: 30_000 })
        shown = await page.locator(`#mutation-${i}`).count() > 0
      }
      const stuck = await still(page, plain.no, 2000)
      const found = [...await look(page, { no: plain.no, stuck }, config.canvas), ...await compare(page, mutated.slides[plain.no - 1], copy.root), ...noise.splice(0)]
      assert.ok(found.some(finding => finding.check === check && message.test(finding.message) && (!scheme || finding.scheme === scheme)), `not caught; found: ${JSON.stringify(found, null, 2)}`)
    })
  }
})
