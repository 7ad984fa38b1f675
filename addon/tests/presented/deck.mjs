// The deck that is presented to all tests of this folder: the fixture's slides, broken ones, and three whose snippets run.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { editable } from '../../checks/copy.mjs'
import { configOf } from '../../deck/config.mjs'
import { placeOf } from '../../deck/presented.mjs'
import { fixture, remove, serve, write } from '../decks.mjs'
import { lasting } from '../lasting.mjs'
import { rendered } from './broken.mjs'

/** The slides whose snippets run, and their files. */
const running = `# It prints

<<< @/snippets/good.py#say py

<Run snippet="good" />

---

# It fails

<v-click>and says why</v-click>

<Run snippet="bad" />

---

# It takes its time

<Run snippet="slow" />
`
const snippets = {
  'snippets/good.py': 'import pathlib\nimport numpy as np\nopen(pathlib.Path(__file__).with_name("ran"), "a").write(".")\n# region say\nprint(np.pi)\n# endregion say\n',
  'snippets/outputs/good.txt': '3.141592653589793\n',
  'snippets/outputs/good.versions': 'Python 3.11\nnumpy 2.0.1\n',
  'snippets/bad.py': 'print("<b>bold</b>")\nraise SystemExit("<i>no</i>")\n',
  'snippets/outputs/bad.txt': 'bold\n',
  'snippets/outputs/slow.txt': 'slow\n',
}

export const folder = fixture()
export const { recordings } = await configOf(folder)

const own = readFileSync(join(folder, 'slides.md'), 'utf8').replace('duration:', 'mcp: false\neditor: false\nduration:')
const broken = rendered.map(([name, , , markdown, { front = 'layout: default' } = {}]) => `\n---\n${front}\n---\n\n# ${name}\n\n${markdown}\n`)
export const BROKEN = own.match(/^# /gm).length + 1 // the first broken slide
export const PRINTS = BROKEN + broken.length // and the first that runs
export const FAILS = PRINTS + 1
export const SLOW = PRINTS + 2

write(folder, 'slides.md', `${own}${broken.join('')}\n---\n\n${running}`)
for (const [path, text] of Object.entries(snippets))
  write(folder, path, text)
export const slow = lasting(join(folder, 'slow.pid'))
write(folder, 'snippets/slow.py', slow.text)

// What a stranger might want.
for (const [path, text] of Object.entries({
  'editor.mjs': 'import { writeFileSync } from "node:fs"\nwriteFileSync(new URL("opened", import.meta.url), "")\n',
  'private/secret.txt': 'secret\n',
  'secret.py': '',
  'snippets/linked.py': '',
}))
  write(folder, path, text)
symlinkSync(join(folder, 'private/secret.txt'), join(folder, 'snippets/outputs/linked.txt'))

/** Changes the deck, and takes every change back. */
export const copy = editable(folder)

mkdirSync(placeOf(folder), { recursive: true })
writeFileSync(join(placeOf(folder), '99999999'), 'http://localhost:1/') // of one that was killed
export const server = await serve(folder, { presenting: true, env: { LAUNCH_EDITOR: join(folder, 'editor.mjs'), EDITOR: join(folder, 'editor.mjs') } })
after(async () => {
  await server.stop()
  remove(folder)
})
