// A shorter talk through the same deck: the option, and what Slidev shows then.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { clock, lengthOf } from '../deck/notes.mjs'
import { isOn, pathsOf, takePath, timedOf } from '../deck/path.mjs'
import { load } from '../deck/slides.mjs'

const slide = frontmatter => ({ frontmatter })

describe('a path', () => {
  test('is taken out of the arguments, in both forms', () => {
    for (const form of [['--path', '20'], ['--path=20']]) {
      assert.deepEqual(takePath(['a', ...form, 'b']), ['a', 'b'])
      assert.equal(process.env.DECK_PATH, '20')
    }
    delete process.env.DECK_PATH
    assert.deepEqual(takePath(['--paths', 'a']), ['--paths', 'a'])
    assert.equal(process.env.DECK_PATH, undefined)
  })

  test('without minutes is refused', () => {
    for (const form of [['--path'], ['--path', 'short'], ['--path=0'], ['--path=']])
      assert.throws(() => takePath(form), /--path takes the minutes of a shorter talk/)
    delete process.env.DECK_PATH
  })

  test('holds the slides of every shorter one', () => {
    const slides = [{}, { path: 5 }, { path: 20 }].map(slide)
    assert.deepEqual(slides.map(({ frontmatter }) => isOn(frontmatter, 20)), [false, true, true])
    assert.deepEqual(slides.map(({ frontmatter }) => isOn(frontmatter)), [true, true, true])
    assert.deepEqual(pathsOf(slides).map(({ minutes, slides }) => [minutes, slides.length]), [[5, 1], [20, 2]])
  })

  test('ends where the appendix begins', () => {
    const slides = [{}, { appendix: true }, {}].map(slide)
    assert.equal(timedOf(slides).length, 1)
    assert.equal(timedOf(slides.slice(0, 1)).length, 1)
  })
})

describe('this deck', async () => {
  const [{ minutes, slides }] = pathsOf((await load()).slides)
  const rehearse = path => spawnSync(process.execPath, ['addon/commands/rehearse.mjs', '--path', path], { encoding: 'utf8' })

  test('shows the slides of its shortest path and no others, with their time', () => {
    const { stdout, stderr } = rehearse(minutes)
    const rows = stdout.trim().split('\n').slice(1)
    assert.deepEqual(rows.map(row => row.replace(/^( +\S+){5} +/, '')), slides.map(({ title }) => title), stderr)
    assert.match(rows.at(-1), new RegExp(` ${clock(lengthOf(slides))} `))
  })

  test('tells which paths there are', () => {
    const { status, stderr } = rehearse(minutes + 1)
    assert.equal(status, 2)
    assert.match(stderr, new RegExp(`no slide is on a path of ${minutes + 1} minutes; choose one of: ${minutes}`))
  })
})
