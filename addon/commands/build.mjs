// Builds the site: `npm run build [-- --path 20]`. Speaker notes stay out of it, unless `--with-notes` asks for them; the rest is Slidev's.
import { spawnSync } from 'node:child_process'
import { slidevOf } from '../browser/serve.mjs'
import { takePath } from '../deck/path.mjs'
import { load } from '../deck/slides.mjs'
import { fail } from './fail.mjs'

try {
  const args = takePath(process.argv.slice(2))
  await load()
  const notes = args.includes('--with-notes') ? [] : ['--without-notes']
  const { status } = spawnSync(process.execPath, [slidevOf(process.cwd()), 'build', ...notes, ...args.filter(arg => arg !== '--with-notes')], { stdio: 'inherit' })
  process.exitCode = status ?? 130
}
catch (error) {
  fail(error.message)
}
