// Where a deck first says the terms of its glossary, a JSON file of [{ term, means, … }], and which slide explains them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const blank = text => text.replace(/[^\n]/g, ' ')
// Titles, code, tags, slots and the targets of links: nobody reads a term there. A word of code alone may be one.
const UNREAD = /^#+ .*$|^\s*<<<.*$|^::.*$|^\s*(`{3,})[\s\S]*?^\s*\1|<!--[\s\S]*?-->|`[^`\n]*[^`\w\n][^`\n]*`|<\/?[a-z](?:"[^"]*"|'[^']*'|[^>"'])*>|\[[^\]]*\]\([^)\s]*\)/gim

/** The entries of the glossary at `path` in `root`; none where the deck has none. */
export const entriesOf = (root, path) => path ? JSON.parse(readFileSync(join(root, path), 'utf8')) : []

/** A term as it appears in prose: a whole word, singular or plural; with a capital where it has one. */
function patternOf(term) {
  const words = term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ /g, '[ -]')
  return new RegExp(`(?<![\\w.-])${words}s?(?![\\w-])`, /[A-Z]/.test(term) ? 'g' : 'gi')
}

/** The slides that explain terms: `glossary: a-f` in their frontmatter names the first letters; { no, from, to }. */
export const explaining = slides => slides.flatMap(({ frontmatter: { glossary } }, i) => {
  const [, from, to] = /^([a-z])-([a-z])$/.exec(glossary ?? '') ?? []
  return from ? [{ no: i + 1, from, to }] : []
})

/**
 * Returns where each term is first used under a title: { entry, no (of the slide), index (in its content), text, to (the slide that explains it) }.
 * A slide that explains terms, a cover and an opener do not count.
 */
export function firstSaid(slides, entries) {
  const pages = explaining(slides)
  const texts = slides.map(({ content, frontmatter: { layout, glossary } }) =>
    glossary || ['cover', 'opener'].includes(layout) ? '' : content.replace(UNREAD, blank))
  const found = []
  for (const entry of entries.toSorted((a, b) => b.term.length - a.term.length)) {
    const pattern = patternOf(entry.term)
    const i = texts.findIndex(text => new RegExp(pattern, pattern.flags).test(text))
    if (i >= 0) {
      const [text] = texts[i].match(pattern)
      const letter = entry.term[0].toLowerCase()
      found.push({ entry, no: i + 1, index: texts[i].search(new RegExp(pattern, pattern.flags.replace('g', ''))), text, to: pages.find(({ from, to }) => from <= letter && letter <= to)?.no })
    }
    texts.forEach((text, i) => texts[i] = text.replace(pattern, blank)) // "shape inference" is no use of "shape"
  }
  return found.toSorted((a, b) => a.no - b.no || a.index - b.index)
}
