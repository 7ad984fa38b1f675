// A shorter talk through the same deck: the option, and what Slidev shows then.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isOn, pathsOf, takePath, timedOf } from '../deck/path.mjs'
import { fixture, remove, write } from './decks.mjs'

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

describe('a deck with a path', () => {
  const folder = fixture()
  after(() => remove(folder))
  const text = readFileSync(join(folder, 'slides.md'), 'utf8')
  write(folder, 'slides.md', text.replace(/minutes: 1\n---\n\n# (Twice|What)/g, 'minutes: 1\npath: 2\n---\n\n# $1'))
  const rehearse = path => spawnSync(process.execPath, [join(import.meta.dirname, '../commands/rehearse.mjs'), '--path', path], { cwd: folder, encoding: 'utf8' })

  test('shows the slides of the path and no others, with their time', () => {
    const { status, stdout, stderr } = rehearse(2)
    const rows = stdout.trim().split('\n').slice(1).map(row => row.trim().split(/ {2,}/))
    assert.deepEqual(rows.map(([no, minutes, total, , , title]) => [no, minutes, total, title]), [
      ['1', '1:00', '1:00', 'Twice the length takes four times the comparisons'],
      ['2', '1:00', '2:00', 'What to remember'],
    ], stderr)
    assert.equal(status, 0, stderr)
  })

  test('tells which paths there are', () => {
    const { status, stderr } = rehearse(3)
    assert.deepEqual([status, stderr], [2, 'rehearse: no slide is on a path of 3 minutes; choose one of: 2\n'])
  })
})
