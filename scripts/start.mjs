// Presents the talk: installs what the deck needs, then serves it.
import { run, setUpNode } from './setup.mjs'

setUpNode()
process.exit(run(process.execPath, ['node_modules/@slidev/cli/bin/slidev.mjs', ...process.argv.slice(2)]))
