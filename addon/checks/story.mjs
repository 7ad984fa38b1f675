// How a talk hangs together: its rhythm, and the words that it explains.
import { entriesOf, explaining, firstSaid } from '../deck/glossary.mjs'
import { chosenPath, pathsOf } from '../deck/path.mjs'
import { tagsOf } from '../deck/prose.mjs'

/** What kind of slide it is to the eye: its layout, and whether it shows a picture (or something live), code or words. */
export function kindOf(slide) {
  const tags = tagsOf(slide).map(({ tag }) => tag).filter(tag => /^[A-Z]/.test(tag) && !['Link', 'Value'].includes(tag))
  const shows = tags.some(tag => tag !== 'Run') ? 'a picture' : tags.length || slide.imports.length ? 'code' : 'words'
  return `${slide.frontmatter.layout ?? 'default'} with ${shows}`
}

/** Yields { slide, line, message } where more than `rhythm` slides of one kind follow each other, in the talk or on a path. */
export function* rhythmic({ slides }, { rhythm }) {
  if (!rhythm)
    return
  for (const { path, slides: shown } of [{ path: '', slides }, ...pathsOf(slides).map(({ minutes, slides }) => ({ path: ` on the path of ${minutes} minutes`, slides }))]) {
    let count = 0
    for (const [i, slide] of shown.entries()) {
      count = i && kindOf(slide) === kindOf(shown[i - 1]) ? count + 1 : 1
      if (count === rhythm + 1)
        yield { slide, line: slide.line, message: `more than ${rhythm} slides in a row are "${kindOf(slide)}"${path}; show this one otherwise, or move it` }
    }
  }
}

/** Yields { slide, line, message } for terms that no slide says or explains, and for a slide that explains none. */
export function* explained({ root, slides }, { glossary }) {
  if (chosenPath() !== undefined) // a shorter talk says less
    return
  const entries = entriesOf(root, glossary)
  const said = firstSaid(slides, entries)
  for (const { term } of entries.filter(entry => !said.some(({ entry: found }) => found === entry)))
    yield { message: `no slide says "${term}", which ${glossary} explains; say it under a title, or take it out` }
  for (const { entry, no } of said.filter(({ to }) => !to))
    yield { slide: slides[no - 1], line: slides[no - 1].line, message: `no slide explains "${entry.term}"; write \`glossary:\` with its first letter into the frontmatter of one` }
  for (const { no } of explaining(slides).filter(({ no }) => !said.some(({ to }) => to === no)))
    yield { slide: slides[no - 1], line: slides[no - 1].line, message: 'the slide explains no term that a slide says; take it out' }
}
