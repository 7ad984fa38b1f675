// The plan of a talk: the minutes of its slides, and the clicks that its notes mark.

/** Seconds as m:ss. */
export const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`
/** The seconds that slides plan to take. */
export const lengthOf = slides => Math.round(slides.reduce((sum, { frontmatter }) => sum + 60 * (frontmatter.minutes || 0), 0))

/** Yields { slide, line, message } for slides without minutes, and for a total that is not the declared length. */
export function* timing({ slides, seconds = 0 }) {
  for (const slide of slides.filter(({ frontmatter }) => !(frontmatter.minutes > 0)))
    yield { slide, line: slide.line, message: 'the slide has no minutes; write `minutes:` into its frontmatter' }
  if (lengthOf(slides) !== seconds)
    yield { slide: slides[0], line: slides[0].line, message: `the slides take ${clock(lengthOf(slides))} and \`duration:\` says ${clock(seconds)}; mend one of them` }
}

/** Yields { slide, line, message } for notes that mark more clicks than their slide has; `clicks(no)` tells those. */
export function* marking({ slides }, clicks) {
  for (const slide of slides.filter(({ no, marks }) => marks > clicks(no)))
    yield { slide, line: slide.noteLine, message: `the note marks ${slide.marks} clicks and the slide has ${clicks(slide.no)}; take out a [click]` }
}
