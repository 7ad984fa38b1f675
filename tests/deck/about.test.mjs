// What the talk says about itself stands in the first lines of slides.md; where other files repeat it, they agree.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { load } from '../../addon/deck/slides.mjs'
import { root } from '../../scripts/install.mjs'

const read = path => readFileSync(join(root, path), 'utf8')
const json = path => JSON.parse(read(path))
const { headmatter, slides } = await load(join(root, 'slides.md'))
const cited = key => read('CITATION.cff').match(new RegExp(`^${key}: "?([^"\\n]*)`, 'm'))[1]
const accent = read('styles/tokens.css').match(/--onnx-accent: (#\w+)/)[1]

// A key of the headmatter, where it is repeated, and what stands there.
const repeated = [
  ['title', 'the first slide', () => slides[0].title],
  ['title', 'README.md, line 1', () => read('README.md').match(/^# (.*)/)[1]],
  ['title', 'CITATION.cff, title', () => cited('title').split(':')[0]],
  ['title', 'package.json, description', () => json('package.json').description.split(':')[0]],
  ['title', 'snippets/onnx101.ipynb: run scripts/notebook.py', () => json('snippets/onnx101.ipynb').cells[0].source.join('').match(/^# (.*)/)[1]],
  ['author', 'CITATION.cff, authors', () => read('CITATION.cff').match(/^authors:\n {2}- name: (.*)/m)[1]],
  ['repository', 'CITATION.cff, repository-code', () => cited('repository-code')],
  ['repository', 'the slides', () => slides.map(({ content }) => content.match(/This talk: \[[^\]]*\]\(([^)]*)\)/)?.[1]).find(Boolean)],
]
for (const [key, place, found] of repeated) {
  test(`${key} is the same in ${place}`, () =>
    assert.equal(found(), headmatter[key], `\`${key}:\` of slides.md and ${place} differ; mend one of them`))
}

test('a citation names the version that is here', () => {
  assert.equal(cited('version'), json('package.json').version)
  assert.equal(cited('version'), read('pyproject.toml').match(/^version = "(.*)"/m)[1])
})

test('the icon is there, in the colour of the deck', () => {
  assert.ok(existsSync(join(root, 'public', headmatter.favicon)), headmatter.favicon)
  assert.ok(read(`public${headmatter.favicon}`).includes(accent), `public${headmatter.favicon} does not have ${accent}, the first accent of styles/tokens.css`)
})

test('the colours stand in styles/tokens.css and nowhere else', () => {
  const files = ['components', 'layouts', 'styles'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true }).filter(name => /\.(?:vue|css|ts)$/.test(name)).map(name => `${folder}/${name}`))
  assert.ok(files.length > 20)
  const typed = ['slides.md', ...files].filter(path => path !== 'styles/tokens.css' && /[:"'\s]#(?:[0-9a-f]{3}|[0-9a-f]{6})\b/i.test(read(path)))
  assert.deepEqual(typed, [])
})
