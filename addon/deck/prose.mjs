// The part of a slide's source that a reader sees, and the numbers in it. The rest is blanked, so that offsets stay.
const blank = text => text.replace(/[^\n]/g, ' ')
const HIDDEN = /<!--[\s\S]*?-->|<(style|script)\b[\s\S]*?<\/\1>|^\s*(```+)[\s\S]*?^\s*\2|^\s*<<<.*$|\{\{[\s\S]*?\}\}|(?<=\]\()[^)\s]*/gm
const TAG = /<\/?([A-Z][\w-]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi
const ATTRIBUTE = /([:@#]?[\w.:-]+)="([^"]*)"/g
const UNSEEN = /^([:@#]|v-)|^(class|style|d|points|transform|viewBox|src|href|to|of|per|mark)$/ // a mark is checked against its recording

/** Returns the HTML tags and components of a slide: { tag, attributes, line }. */
export function tagsOf({ content, contentLine }) {
  return [...content.replace(HIDDEN, blank).matchAll(TAG)].map(({ 1: tag, 2: rest, index }) => ({
    tag,
    attributes: Object.fromEntries([...rest.matchAll(ATTRIBUTE)].map(([, name, value]) => [name, value])),
    line: contentLine + content.slice(0, index).split('\n').length - 1,
  }))
}

/** Returns the text that a reader sees, attributes that show as text included. */
export function proseOf(content) {
  return content.replace(HIDDEN, blank).replace(TAG, tag =>
    tag.replace(/([:@#]?[\w.:-]+)="([^"]*)"|[^\n]/g, (match, name, value) =>
      name && !UNSEEN.test(name) ? `${blank(name)} "${value}"` : blank(match)))
}

const FIGURE = String.raw`(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?`
const WORD = '(?:half|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?)'
const UNIT = '(?:[kMGT]i?B|(?:kilo|mega|giga)?bytes?|bits?|[mµun]?s|sec|seconds?|min|minutes?|h|hours?|days?|percent|times|fold|x)'
const SPELT = '(?:[kMGT]i?B|(?:kilo|mega|giga)bytes?|seconds|minutes?|hours?|days?|percent|times|fold)'
const GAP = String.raw`(?:\s|&nbsp;|-)*`

/** A number as it is written in code. */
export const LITERAL = new RegExp(FIGURE, 'g')

/** Yields the numbers with a unit, and the ratios, in a text: { text, number, index, line }; `units` are those of this talk. */
export function* typedNumbers(text, units, first) {
  const pattern = new RegExp([
    `${FIGURE}${GAP}(?:${[UNIT, ...units].join('|')})\\b`,
    `${FIGURE}${GAP}[%×]`,
    `×${GAP}${FIGURE}`,
    String.raw`${FIGURE}\s*(?:[:/]|out of|in|of)\s*\d[\d,]*\b`,
    String.raw`\b(?:${WORD}[\s-]+)+${SPELT}\b`,
  ].join('|'), 'gi')
  for (const { 0: number, index } of text.matchAll(pattern))
    yield { text, number, index, line: first + text.slice(0, index).split('\n').length - 1 }
}

const COUNT = String.raw`\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|twice)\b(?!\s+\w+(?:th|rd)s?\b)`

/** Yields the counts in a title, in words or in figures before what they count: { text, number, index }; "one" is not a count. */
export function* counts(text) {
  for (const { 0: number, index } of text.matchAll(new RegExp(`${COUNT}|${FIGURE}(?=\\s+[a-z]+s\\b)`, 'gi')))
    yield { text, number, index }
}

const VERB = 'is|was|has|does|its|as|this|thus|plus|minus|versus|less|across|takes|needs|makes|gives'
const THINGS = String.raw`[\s*_-]+(?:the\s+)?(?:[a-z-]+[\s*_]+)?(?!(?:${VERB})\b)[a-z]{2,}s\b`

/** Yields the counts of things in prose and notes, such as "two smaller trees" or "12 nodes": { text, number, index, line }. */
export function* counted(text, first) {
  for (const { 0: number, index } of text.matchAll(new RegExp(`(?:${COUNT}|(?<![\\w.,])\\d+(?:,\\d{3})*)${THINGS}`, 'gi')))
    yield { text, number, index, line: first + text.slice(0, index).split('\n').length - 1 }
}

/** Returns where `part` begins in `text`, each time. */
export function occurrences(text, part) {
  const found = []
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1))
    found.push(at)
  return found
}

/** A title as readers see it: without Markdown and HTML. */
export const plain = title => title.replace(/<[^>]*>/g, '').replace(/[`*_]|\[([^\]]*)\]\([^)]*\)/g, '$1').trim()
