// Builds the site: `build.mjs [--path 20]`. Speaker notes stay out of it, unless `--with-notes` asks for them;
// `--url https://…/` is where it will stand, for previews of links to it; the rest is Slidev's.
import { spawnSync } from 'node:child_process'
import { slidevOf } from '../browser/serve.mjs'
import { fail } from '../deck/fail.mjs'
import { takePath } from '../deck/path.mjs'
import { load } from '../deck/slides.mjs'

try {
  const args = takePath(process.argv.slice(2))
  await load()
  const at = args.findIndex(arg => /^--url(=|$)/.test(arg))
  if (at >= 0) {
    const [taken] = args.splice(at, args[at].includes('=') ? 1 : 2)
    process.env.DECK_URL = taken.includes('=') ? taken.slice('--url='.length) : process.argv[process.argv.indexOf('--url') + 1]
    if (!/^https?:\/\/.*\/$/.test(process.env.DECK_URL))
      throw new Error('--url takes the address of the site, with https:// in front and a slash behind')
  }
  const notes = args.includes('--with-notes') ? [] : ['--without-notes']
  const { status } = spawnSync(process.execPath, [slidevOf(process.cwd()), 'build', ...notes, ...args.filter(arg => arg !== '--with-notes')], { stdio: 'inherit' })
  process.exitCode = status ?? 130
}
catch (error) {
  fail(error.message)
}
