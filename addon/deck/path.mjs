// Shorter talks through the same deck: `path: 20` in a slide's frontmatter keeps it in talks of 20 minutes and longer.
const NAME = 'DECK_PATH'

/** The minutes of the path that was chosen; undefined is the whole talk. */
export const chosenPath = () => Number(process.env[NAME]) || undefined

/** Whether a slide with this frontmatter is on the path of so many minutes. */
export const isOn = ({ path }, minutes) => minutes === undefined || path <= minutes

/** Takes `--path 20` out of a command's arguments and selects it, for child processes, too; returns the rest. */
export function takePath(args) {
  const at = args.findIndex(arg => /^--path(=|$)/.test(arg))
  if (at < 0)
    return args
  const [, joined] = args[at].split('=')
  process.env[NAME] = joined ?? args[at + 1] ?? ''
  if (!/^[1-9]\d*$/.test(process.env[NAME]))
    throw new Error('--path takes the minutes of a shorter talk, such as --path 20')
  return args.filter((_, i) => i < at || i >= at + (joined === undefined ? 2 : 1))
}

/** Only the paths that slides name: the slides of each, before the appendix. */
export function pathsOf(slides) {
  const lengths = [...new Set(slides.map(({ frontmatter }) => frontmatter.path).filter(path => path !== undefined))]
  return lengths.sort((a, b) => a - b).map(minutes => ({ minutes, slides: slides.filter(({ frontmatter }) => isOn(frontmatter, minutes)) }))
}

/** The slides of the talk itself: those before one with `appendix: true`. */
export function timedOf(slides) {
  const at = slides.findIndex(({ frontmatter }) => frontmatter.appendix)
  return at < 0 ? slides : slides.slice(0, at)
}
