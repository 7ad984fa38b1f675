// Breaks the fixture deck, one way at a time: the named check must say so, with the slide and the fix.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { compare, excuse } from '../browser/walk.mjs'
import { contract, say } from '../checks/contract.mjs'
import { editable } from '../checks/copy.mjs'
import { configOf } from '../deck/config.mjs'
import { marking } from '../deck/notes.mjs'
import { load, textOf } from '../deck/slides.mjs'
import { fixture, remove } from './decks.mjs'
import { python, root } from './host.mjs'

const folder = fixture()
after(() => remove(folder))
const copy = editable(folder)
const read = () => load(join(folder, 'slides.md'))
const config = await configOf(folder)
beforeEach(() => copy.restore())

const COUNT = '# Twice the length takes four times the comparisons'
const NEIGHBOURS = '# Bubble sort compares neighbours'
const PASSES = '# Every pass carries the largest to the end'
const REMEMBER = '# What to remember'
const replaced = (path, from, to) => () => copy.edit(path, text => text.replace(from, to))
/** Adds Markdown to the last slide. */
const added = markdown => replaced('slides.md', REMEMBER, `${REMEMBER}\n\n${markdown}`)
const written = (path, text) => () => copy.write(path, text)
const removed = path => () => copy.remove(path)
const both = (...changes) => () => Object.assign({}, ...changes.map(change => change()))

// What is done, which check reports it, in which words, and on which slide; a mutation may return another configuration.
const mutations = [
  ['a renamed region', 'import', /name one of: elsewhere/, replaced('snippets/bubble.py', /region swap/g, 'region elsewhere'), 2],
  ['an unclosed region', 'import', /is not closed; end it/, replaced('snippets/bubble.py', '# endregion swap', ''), 2],
  ['an unclosed region, in the file', 'region', /only one of its two markers; give both/, replaced('snippets/bubble.py', '# endregion swap', '')],
  ['a region that is there twice', 'import', /more than once; give each/, replaced('snippets/bubble.py', /$/, '# region swap\n# endregion swap\n'), 2],
  ['a region on no slide', 'region', /bubble.py:\d+: region spare is on no slide; show it/, replaced('snippets/bubble.py', /$/, '# region spare\n# endregion spare\n')],
  ['a region of a snippet on no slide', 'region', /count.py:\d+: region spare is on no slide; show it/, replaced('snippets/count.py', /$/, '# region spare\n# endregion spare\n')],
  ['a removed snippet', 'import', /does not exist; name a file/, removed('snippets/bubble.py'), 2],
  ['a widened line', 'import', /columns; break it at 80/, replaced('snippets/bubble.py', '# region swap\n', `# region swap\n# ${'wide '.repeat(20)}\n`), 2],
  ['a region that grew', 'import', /show at most 15/, replaced('snippets/bubble.py', '# region swap\n', `# region swap\n${'pass\n'.repeat(16)}`), 2],
  ['a step past the end', 'import', /lies outside the 3 lines.*mend the step/, replaced('slides.md', '{all|2}', '{all|2|4}'), 2],
  ['an import without a language', 'import', /names no language; write it/, replaced('slides.md', 'bubble.py#swap py {all|2}', 'bubble.py#swap'), 2],
  ['code typed into a slide', 'typed', /import it with <<</, added('```py\nprint(1)\n```'), 6],
  ['output typed into a slide', 'typed', /import it with <<</, added('```console\n1\n```'), 6],
  ['code typed into a magic move', 'typed', /import it with <<</, added('````md magic-move\n<<< @/snippets/bubble.py#swap py\n```py\nprint(1)\n```\n````'), 6],
  ['a step of a magic move whose region is gone', 'import', /no region gone; name one of/, added('````md magic-move\n<<< @/snippets/bubble.py#swap py\n<<< @/snippets/bubble.py#gone py\n````'), 6],
  ['a snippet on no slide', 'shown', /show it, or list it/, written('snippets/unseen.py', 'print(1)\n')],
  ['a snippet on a slide that is listed as unshown', 'shown', /is on a slide; take it out/, added('<Run snippet="count" />')],
  ['a lost recording', 'recording', /no snippet that has a recording; name one/, removed('snippets/outputs/bubble.txt'), 3],
  ['a mark on what is not printed', 'recording', /bubble does not print "9 9", which <Run> marks/, replaced('slides.md', '<Run snippet="bubble" />', '<Run snippet="bubble" mark="9 9" />'), 3],
  ['a recording of nothing', 'recording', /no snippet writes .*; remove it/, written('snippets/outputs/stray.txt', '1\n')],
  ['a recording of nothing on a slide', 'recording', /show a recording of a snippet/, both(written('snippets/outputs/stray.txt', '1\n'), added('<<< @/snippets/outputs/stray.txt txt')), 6],
  ['a typed number', 'number', /"12.5 MB" is typed; show it from a recording/, added('It takes 12.5 MB.'), 6],
  ['a number with a unit of this deck', 'number', /"3 passes" is typed/, added('It takes 3 passes.'), 6],
  ['a ratio in words', 'number', /"forty times" is typed/, added('That is forty times as fast.'), 6],
  ['a typed number in an attribute', 'number', /"30 ms" is typed/, added('<p title="after 30 ms">Soon.</p>'), 6],
  ['a typed number in a prop', 'number', /0.37 is typed into the prop :share/, added('<Bar :share="0.37" />'), 6],
  ['a typed number in a note', 'number', /"90 %" is typed/, replaced('slides.md', 'Stop here.', 'That is 90 %.'), 6],
  ['a typed number in a title', 'number', /prove it by a claim/, replaced('slides.md', REMEMBER, '# Nine hours to remember'), 6],
  ['a count of things', 'number', /"three sorts" is counted and not measured; show it/, added('There are three sorts.'), 6],
  ['a count of things in a note', 'number', /"12 swaps" is counted/, replaced('slides.md', 'Stop here.', 'It took 12 swaps.'), 6],
  ['a count that no longer holds', 'number', /"three sorts" is no longer true: there are 2; measure again/, both(added('There are three sorts.'), () => ({ facts: [...config.facts, { text: 'three sorts', holds: ({ count: { comparisons } }) => comparisons.length === 3 || `there are ${comparisons.length}` }] })), 6],
  ['a count in words in a title', 'number', /"Six" is counted in the title; prove it by a claim/, replaced('slides.md', REMEMBER, '# Six things to remember'), 6],
  ['a count in figures in a title', 'number', /"6" is counted in the title/, replaced('slides.md', REMEMBER, '# Remember 6 things'), 6],
  ['a typed number in a component', 'number', /components\/Stray.vue: "7 GB" is typed/, written('components/Stray.vue', '<template>\n  <p>7 GB</p>\n</template>\n')],
  ['a fact that nobody says', 'number', /nothing says it; mend or remove/, () => ({ facts: [...config.facts, { text: '99 %', source: 'none' }] })],
  ['a fact without a source', 'number', /without a source/, () => ({ facts: config.facts.map(({ text }) => ({ text })) })],
  ['a value that was not measured', 'value', /nothing was measured at nowhere.mb; name a value/, added('It is <Value of="nowhere.mb" />.'), 6],
  ['a stale claim', 'claim', /no longer true: it takes 3.0 times.*measure again, or mend the title/, replaced('snippets/outputs/count.json', '19900', '14850'), 4],
  ['a claim that fails', 'claim', /no longer true: .*undefined/, written('snippets/outputs/count.json', '{}'), 4],
  ['a claim on what its slide printed', 'claim', /no longer true: it takes 2 passes/, both(replaced('snippets/outputs/bubble.txt', /.*\n/, ''), () => ({ claims: { ...config.claims, [PASSES.slice(2)]: (_, { output }) => output.trim().split('\n').length === 3 || `it takes ${output.trim().split('\n').length} passes` } })), 3],
  ['a claim on the code of its slide', 'claim', /no longer true: nothing is swapped/, both(replaced('snippets/bubble.py', '= b, a', '= a, b'), () => ({ claims: { ...config.claims, [NEIGHBOURS.slice(2)]: (_, { code }) => code.includes('= b, a') || 'nothing is swapped' } })), 2],
  ['a number changed in a claimed title', 'claim', /no slide has the title "Twice the length takes four times/, replaced('slides.md', COUNT, '# Twice the length takes three times the comparisons')],
  ['a number changed in a claimed title, on its slide', 'number', /"three times" is typed into the title/, replaced('slides.md', COUNT, '# Twice the length takes three times the comparisons'), 4],
  ['a title that claims no longer', 'claim', /claims nothing; write a claim/, both(replaced('slides.md', COUNT, '# It takes long'), written('components/Chart.vue', '<script setup>\nimport data from \'../snippets/outputs/count.json\'\n</script>\n'), replaced('slides.md', 'A list of a hundred', '<Chart />\n\nA list of a hundred')), 4],
  ['frontmatter that Prettier took for text', 'frontmatter', /as a formatter leaves it/, replaced('slides.md', /---\nminutes: 1\n---\n\n# What/, '---\n\n## minutes: 1\n\n---\n\n# What'), 6],
  ['frontmatter behind an empty line', 'frontmatter', /as a formatter leaves it/, replaced('slides.md', /---\nminutes: 1\nrouteAlias/, '---\n\nminutes: 1\nrouteAlias'), 2],
  ['a slide without minutes', 'minutes', /write `minutes:`/, replaced('slides.md', /minutes: 1\n---\n\n# What/, '---\n\n# What'), 6],
  ['a talk of another length', 'minutes', /mend one of them/, replaced('slides.md', 'duration: 6min', 'duration: 7min'), 1],
  ['a broken link', 'link', /neither a slide nor a file; mend the link/, replaced('slides.md', '(/swap)', '(/swop)'), 6],
  ['a removed picture', 'link', /neither a slide nor a file/, removed('public/pictures/bars.svg'), 5],
  ['a remote image', 'remote', /put the file into public/, added('<img alt="far" src="https://example.com/far.png">'), 6],
  ['an artefact that nobody writes', 'artefact', /no snippet writes public\/pictures\/stray.svg/, written('public/pictures/stray.svg', '')],
  ['an artefact that nothing shows', 'artefact', /nothing in the deck uses .*bars.svg; remove it/, replaced('slides.md', '![Bars of growing height](/pictures/bars.svg)', '')],
  ['slides of one kind in a row', 'rhythm', /more than 3 slides in a row are "default with words"; show this one otherwise/, both(added('---\nminutes: 1\n---\n\n# One\n\n---\n\n# Two\n\n---\n\n# Three'), () => ({ rhythm: 3 })), 9],
  ['slides of one kind in a row on a path', 'rhythm', /"default with words" on the path of 2 minutes/, both(replaced('slides.md', /minutes: 1\n---\n\n# (Twice|What)/g, 'minutes: 1\npath: 2\n---\n\n# $1'), () => ({ rhythm: 1 })), 6],
  ['a term that no slide says', 'glossary', /no slide says "quicksort".*say it under a title/, both(written('terms.json', '[{ "term": "quicksort" }]'), () => ({ glossary: 'terms.json' }))],
  ['a term that only a title says', 'glossary', /no slide says "bubble sort"/, both(written('terms.json', '[{ "term": "bubble sort" }]'), () => ({ glossary: 'terms.json' }))],
  ['a term that no slide explains', 'glossary', /no slide explains "comparison"; write `glossary:`/, both(replaced('slides.md', 'of them.', 'comparisons.'), written('terms.json', '[{ "term": "comparison" }]'), () => ({ glossary: 'terms.json' })), 4],
  ['a slide that explains nothing', 'glossary', /explains no term that a slide says/, both(replaced('slides.md', /minutes: 1\n---\n\n# What/, 'minutes: 1\nglossary: a-b\n---\n\n# What'), written('terms.json', '[{ "term": "length" }]'), () => ({ glossary: 'terms.json' })), 6],
  ['an artefact that no test holds to its writer', 'artefact', /compares .* with what its snippet writes today; add one/, removed('tests/test_draw.py')],
]

describe('the contract', () => {
  test('finds nothing in the fixture deck as it is', async () => {
    assert.deepEqual(contract(await read(), config).map(say), [])
  })

  test('finds nothing when a slide is hidden, and goes on to hold it', async () => {
    for (const title of [COUNT, REMEMBER, '# Every pass']) {
      replaced('slides.md', `---\n\n${title}`, `hide: true\n---\n\n${title}`)()
      const { slides } = await read()
      assert.equal(slides.length, 5)
      assert.deepEqual(contract(await read(), config).map(say), [])
      copy.edit('slides.md', text => text.replace(title, `\`\`\`py\nprint(1)\n\`\`\`\n\n${title}`))
      assert.match(contract(await read(), config).map(say).join('\n'), /^slides\.md:\d+, hidden slide ".*" \[typed\] code in "py"/)
      copy.restore()
    }
  })

  for (const [name, check, message, mutate, no] of mutations) {
    test(`catches ${name}`, async () => {
      const changed = mutate()
      const found = contract(await read(), { ...config, ...changed })
      const caught = found.find(finding => finding.check === check && message.test(finding.message))
      assert.ok(caught, `not caught by ${check}; found: ${found.map(say).join('\n')}`)
      if (no)
        assert.match(say(caught), new RegExp(`^slides\\.md:\\d+, slide ${no} `))
    })
  }

  test('catches an unknown key of the configuration', async () => {
    copy.write('other/deck.config.mjs', 'export default { claim: {} }\n')
    await assert.rejects(configOf(join(folder, 'other')), /there is no key claim; the keys are /)
  })
})

describe('pytest', () => {
  const pytest = path => spawnSync(python, ['-m', 'pytest', '-q', '-p', 'pytest_recorded.plugin', path], {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: join(root, 'addon/pytest'), PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1' },
    encoding: 'utf8',
  })

  test('passes the fixture deck as it is', () => assert.equal(pytest('.').status, 0))

  test('catches a changed recording', () => {
    copy.edit('snippets/outputs/bubble.txt', text => text.replace('1 3 2 4', '1 3 4 2'))
    const { status, stdout } = pytest('snippets/bubble.py')
    assert.equal(status, 1)
    assert.match(stdout, /bubble\.py no longer prints its recording; mend it, or renew/)
    assert.match(stdout, /^-1 3 4 2\n\+1 3 2 4$/m)
  })

  test('catches a swapped artefact', () => {
    copy.write('public/pictures/bars.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert.equal(pytest('tests').status, 1)
  })
})

test('notes that mark more clicks than their slide has are told', async () => {
  copy.edit('slides.md', text => text.replace('Stop here.', '[click] One. [click:3] And three.'))
  const [{ slide, message }] = marking(await read(), () => 3)
  assert.equal(slide.no, 6)
  assert.match(message, /marks 4 clicks and the slide has 3; take out/)
})

test('an exemption that excuses nothing is told, and one without a reason excuses nothing', () => {
  const finding = { check: 'small', slide: { title: 'Sorting' } }
  const exemption = { check: 'small', title: 'Sorting', reason: 'a footnote' }
  assert.deepEqual(excuse([finding], [exemption]), { left: [], needless: [] })
  assert.deepEqual(excuse([], [exemption]), { left: [], needless: [exemption] })
  assert.deepEqual(excuse([], [exemption], { all: [{ title: 'Sorting', hidden: true }] }).needless, [])
  assert.deepEqual(excuse([finding], [{ ...exemption, reason: '' }]).left, [finding])
})

test('a term that does not lead to the glossary, and a magic move that shows none of its steps, are told', async () => {
  const slide = { content: '', contentLine: 1, imports: [{ path: 'snippets/bubble.py', region: 'swap', move: 1 }], blocks: [], terms: [{ text: 'passes', to: 7 }] }
  const shows = (terms, code) => ({ evaluate: async () => ({ terms, code, recordings: [] }) })
  const found = await compare(shows([], []), slide, folder, config.recordings)
  assert.match(found.map(({ message }) => message).join('\n'), /nothing shows a step of the magic move .*\n"passes" is said here first and does not lead to the glossary; say it in plain words/)
  const text = textOf(folder, slide.imports[0])
  const seen = new Set()
  assert.deepEqual(await compare(shows(['passes'], [text]), slide, folder, config.recordings, seen), [])
  assert.deepEqual([...seen], [text])
})
