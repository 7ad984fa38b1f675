// The addon is a house of its own: a room imports from the rooms below it, and no word gives away which talk it is in.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const ADDON = resolve(import.meta.dirname, '..')
const BELOW = {
  deck: [],
  vite: ['deck'],
  checks: ['deck'],
  browser: ['deck', 'checks'],
  components: ['deck'],
  setup: ['deck', 'vite'],
  commands: ['deck', 'checks', 'browser'],
  tests: ['deck', 'checks', 'browser', 'commands', 'vite'],
}
const COMMAND = /npm (?:run|start|test)\b|\bscripts\// // of the project around it
const SUBJECT = /onnx|scikit|sklearn|forest|\bflights?\b|oracle|opset/i

for (const [room, below] of Object.entries(BELOW)) {
  test(`${room} imports from ${below.join(', ') || 'no other room'}`, () => {
    const files = readdirSync(join(ADDON, room), { recursive: true }).filter(name => /\.(?:mjs|ts|vue)$/.test(name))
    assert.ok(files.length)
    const up = files.flatMap((name) => {
      const file = join(ADDON, room, name)
      return Array.from(readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g), ([, target]) =>
        relative(ADDON, resolve(file, '..', target))).filter(path => ![room, ...below].includes(path.split('/')[0])).map(path => `${name}: ${path}`)
    })
    assert.deepEqual(up, [])
  })
}

test('nothing here knows what the talk is about, nor how it is started', () => {
  const files = readdirSync(ADDON, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    .map(({ parentPath, name }) => relative(ADDON, join(parentPath, name))).filter(path => !path.includes('__pycache__') && path !== 'tests/rooms.test.mjs')
  assert.deepEqual(files.filter(path => SUBJECT.test(readFileSync(join(ADDON, path), 'utf8'))), [])
  assert.deepEqual(files.filter(path => COMMAND.test(readFileSync(join(ADDON, path), 'utf8'))), [])
})
