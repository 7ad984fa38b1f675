#!/usr/bin/env node
// Presents the deck of this folder, or with `--path 20` a shorter one, with snippets that run on stage: `slidev-present`.
// Slidev's own options follow; with `--remote` other machines see the deck, and move it with a password.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { slidevOf } from '../browser/serve.mjs'
import { fail } from '../deck/fail.mjs'
import { takePath } from '../deck/path.mjs'
import { load } from '../deck/slides.mjs'
import { takeRemote } from './remote.mjs'
import '../browser/brief.mjs'
import './orphan.mjs'

try {
  const args = takeRemote(takePath(process.argv.slice(2)))
  await load()
  process.env.DECK_RUN = '1'
  process.argv = [process.execPath, resolve(slidevOf(process.cwd())), ...args] // in this process: what ends it ends the server
}
catch (error) {
  fail(error.message)
}

await import(pathToFileURL(process.argv[1]).href)
