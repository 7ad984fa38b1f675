// The deck that is served to all tests of this folder: the fixture's slides, and two whose snippets are edited.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { load } from '../../deck/slides.mjs'
import { fixture, remove, serve, write } from '../decks.mjs'

export const slide = name => `# ${name}\n\n<<< @/snippets/${name}.py#say py\n\n<Run snippet="${name}" />\n`
export const snippet = text => `import os\n\n# region say\nprint("${text}")\n# endregion say\n`
/** The whole text of a deck of these slides. */
export const together = slides => slides.join('\n---\n\n')

export const folder = fixture()
const fixed = readFileSync(join(folder, 'slides.md'), 'utf8').replace('# Sorting', '# By hand').replace('# Every pass', '## Every pass')
export const [head] = fixed.match(/^---\n.*?\n---\n\n/s)
/** The text of the deck, whose last slides show the snippets of these names. */
export const ending = names => together([fixed, ...names.map(slide)])

write(folder, 'slides.md', ending(['one', 'two']))
for (const name of ['one', 'two', 'three']) {
  write(folder, `snippets/${name}.py`, snippet('first'))
  write(folder, `snippets/outputs/${name}.txt`, 'first\n')
}
write(folder, 'snippets/ran.py', 'open(__file__.replace("ran.py", "ran.txt"), "w").close()\n')
export const deck = await load(join(folder, 'slides.md'))
export const ONE = deck.slides.find(({ title }) => title === 'one').no
export const server = await serve(folder)
after(async () => {
  await server.stop()
  remove(folder)
})
