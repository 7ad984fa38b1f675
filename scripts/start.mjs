// Presents the talk, or with `-- --path 20` a shorter one: installs what the deck needs, then serves it, with snippets that run on stage.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail, installNode, root } from './install.mjs'

installNode({ otherwise: 'warn' })
const slidev = join(root, 'node_modules/@slidev/cli/bin/slidev.mjs')
let args
try {
  const [{ takePath }, { takeRemote }, { load }] = await Promise.all(['deck/path', 'commands/remote', 'deck/slides'].map(name => import(`../addon/${name}.mjs`)))
  args = takeRemote(takePath(process.argv.slice(2)))
  await load()
}
catch (error) {
  fail(error.message)
}
process.chdir(root)
process.env.DECK_RUN = '1'
process.argv = [process.execPath, slidev, ...args] // in this process: what ends it ends the server
// npm passes SIGTERM on to its shell and no further.
const parent = process.ppid
if (process.env.npm_lifecycle_event)
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 500).unref()

await import(pathToFileURL(slidev).href)
