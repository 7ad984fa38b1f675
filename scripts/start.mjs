// Presents the talk, or with `-- --path 20` a shorter one: installs what the deck needs, then serves it, with snippets that run on stage.
import { fail, run, setUpNode } from './setup.mjs'

setUpNode()
let args
try {
  const [{ takePath }, { load }] = await Promise.all([import('../addon/deck/path.mjs'), import('../addon/deck/slides.mjs')])
  args = takePath(process.argv.slice(2))
  await load()
}
catch (error) {
  fail(error.message)
}
process.exit(run(
  process.execPath,
  ['node_modules/@slidev/cli/bin/slidev.mjs', ...args],
  { env: { ...process.env, DECK_RUN: '1' } },
))
