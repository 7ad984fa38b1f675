// Presents the talk: installs what the deck needs, then serves it, with snippets that run on stage.
import { run, setUpNode } from './setup.mjs'

setUpNode()
process.exit(run(
  process.execPath,
  ['node_modules/@slidev/cli/bin/slidev.mjs', ...process.argv.slice(2)],
  { env: { ...process.env, DECK_RUN: '1' } },
))
