// The README names every room of the house, and no other.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../../scripts/install.mjs'

const MADE = /^(?:node_modules|build|dist|.*-png|.*\.egg-info|[._].*)$/ // by the commands: .gitignore names them

test('the README has a row for every folder, and no row for one that is gone', () => {
  const [, table] = readFileSync(join(root, 'README.md'), 'utf8').match(/^## Rooms\n([\s\S]*?)\n\n/m)
  const named = Array.from(table.matchAll(/^\| (.*?) \|/gm), ([, cell]) => Array.from(cell.matchAll(/`([\w-]+)\/`/g), ([, name]) => name)).flat()
  const folders = readdirSync(root, { withFileTypes: true }).filter(entry => entry.isDirectory() && !MADE.test(entry.name)).map(({ name }) => name)
  assert.deepEqual(named.sort(), folders.sort())
})
