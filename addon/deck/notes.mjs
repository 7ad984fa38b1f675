// The plan of a talk: the minutes of its slides, and the clicks that its notes mark.
import { chosenPath, pathsOf, timedOf } from './path.mjs'

/** Seconds as m:ss. */
export const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`
/** The seconds that slides plan to take. */
export const lengthOf = slides => Math.round(slides.reduce((sum, { frontmatter }) => sum + 60 * (frontmatter.minutes || 0), 0))

/** Yields { slide, line, message } for slides without minutes, and for a talk or a path that is not as long as it says. */
export function* timing({ all, seconds }) {
  const timed = timedOf(all)
  for (const slide of timed.filter(({ frontmatter }) => !(frontmatter.minutes > 0)))
    yield { slide, line: slide.line, message: 'the slide has no minutes; write `minutes:` into its frontmatter' }
  for (const slide of all.slice(timed.length).filter(({ frontmatter }) => frontmatter.minutes || frontmatter.path))
    yield { slide, line: slide.line, message: 'the slide is of the appendix and has a time in the talk; take out `minutes:` and `path:`' }
  const [first] = all
  const shown = timed.filter(({ hidden }) => !hidden)
  if (seconds !== undefined && ![shown, timed].some(slides => lengthOf(slides) === seconds)) // hiding a slide needs no other change
    yield { slide: first, line: first.line, message: `the slides take ${clock(lengthOf(shown))} and \`duration:\` says ${clock(seconds)}; mend one of them` }
  if (chosenPath() !== undefined)
    return
  for (const { minutes, slides: short } of pathsOf(timed).filter(({ minutes, slides }) => lengthOf(slides) !== 60 * minutes))
    yield { slide: first, line: first.line, message: `the path of ${minutes} minutes takes ${clock(lengthOf(short))}; mend \`path:\` or \`minutes:\` of its slides` }
}

/** Yields { slide, line, message } for notes that mark more clicks than their slide has; `clicks(no)` gives that number. */
export function* marking({ slides }, clicks) {
  for (const slide of slides.filter(({ no, marks }) => marks > clicks(no)))
    yield { slide, line: slide.noteLine, message: `the note marks ${slide.marks} clicks and the slide has ${clicks(slide.no)}; take out a [click]` }
}

/** The notes of the slides in `numbers` as Markdown: under each title, when the slide begins and ends. */
export function script({ slides, headmatter: { title } }, numbers) {
  const parts = numbers.map((no) => {
    const { title = `Slide ${no}`, note, frontmatter } = slides[no - 1]
    const [from, to] = [no - 1, no].map(count => clock(lengthOf(slides.slice(0, count))))
    return `## ${no}. ${title}\n\n${frontmatter.minutes ? `${from} to ${to}\n\n` : ''}${note ? `${note}\n\n` : ''}`
  })
  return `# ${title}: notes\n\n${parts.join('').trimEnd()}\n`
}
