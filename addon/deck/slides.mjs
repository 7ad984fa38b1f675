// The deck as data: slides as Slidev's own parser sees them, and what each imports.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync } from '@slidev/parser'
import { load as parse } from '@slidev/parser/fs'
import { parseTimeString } from '@slidev/parser/utils'
import { chosenPath, isOn, pathsOf } from './path.mjs'

// The forms that Slidev reads: its parser knows slides, but not imports, fences and regions.
const IMPORT = /^\s*<<<[ \t]*(\S.*?)(?:#([\w-]+))?[ \t]*(?:[ \t](\S+?))?[ \t]*(\{.*)?$/
const FENCE = /^\s*(`{3,}|~{3,})(.*)$/
const HIDDEN = 'kept'
const MOVE = /^(?:md|markdown) magic-move\b/
const MARKER = /^\s*(?:#|\/\/)\s*#?(end)?region\b\s*(.*?)\s*$/

/** Yields the lines of Markdown with their line number and the code block they are in. */
function* lines(content, first) {
  let block
  for (const [i, text] of content.split('\n').entries()) {
    const fence = text.match(FENCE)
    if (fence && !block)
      block = { mark: fence[1], info: fence[2].trim(), line: first + i }
    else if (fence && fence[1].startsWith(block.mark) && !fence[2].trim())
      block = undefined
    else
      yield { text, line: first + i, block }
  }
}

function importsOf(content, first) {
  const imports = []
  for (const { text, line, block } of lines(content, first)) {
    const found = text.match(IMPORT)
    const move = block && MOVE.test(block.info) ? block.line : undefined
    if (!found || (block && !move))
      continue
    const [, path, region, language, meta = ''] = found
    imports.push({
      path: path.replace(/^@\//, ''),
      region,
      language,
      steps: meta.match(/^\{([\w*,|-]+)\}/)?.[1],
      startLine: Number(meta.match(/startLine: *(\d+)/)?.[1] ?? 1),
      line,
      move,
    })
  }
  return imports
}

function blocksOf(content, first) {
  const blocks = new Map()
  for (const { text, block } of lines(content, first)) {
    if (block && !(MOVE.test(block.info) && (IMPORT.test(text) || !text.trim())))
      blocks.set(block, [...blocks.get(block) ?? [], text])
  }
  return [...blocks].map(([{ info, line }, texts]) => ({ language: info.split(/[\s{]/)[0], text: texts.join('\n'), line }))
}

/** Returns the regions of a file: name, first and last marker as line numbers; an unclosed one has no `end`, a stray end no `start`. */
export function regionsOf(source) {
  const regions = []
  for (const [i, text] of source.split(/\r?\n/).entries()) {
    const [, end, name] = text.match(MARKER) ?? []
    const open = end && regions.findLast(region => region.name === name && region.start && !region.end)
    if (open)
      open.end = i + 1
    else if (name !== undefined)
      regions.push({ name, [end ? 'end' : 'start']: i + 1 })
  }
  return regions
}

function dedent(rows) {
  const indents = rows.filter(row => row.trim()).map(row => row.search(/\S/))
  return rows.map(row => row.slice(Math.min(...indents, Infinity)))
}

/** Returns the text that Slidev shows for an import; throws, saying what to do, where Slidev would show something else. */
export function textOf(root, { path, region }) {
  const file = join(root, path)
  if (relative(root, file).startsWith('..') || !existsSync(file))
    throw new Error(`${path} does not exist; name a file of this project`)
  const source = readFileSync(file, 'utf8')
  if (!region)
    return source.trimEnd()
  const regions = regionsOf(source)
  const named = regions.filter(({ name }) => name === region)
  if (!named.length)
    throw new Error(`${path} has no region ${region}; name one of: ${regions.map(({ name }) => name).join(', ') || '(it has none)'}`)
  if (named.length > 1)
    throw new Error(`${path} has region ${region} more than once; give each region a name of its own`)
  const [{ start, end }] = named
  if (!start || !end)
    throw new Error(`${path}: region ${region} is not closed; end it with a line "endregion ${region}"`)
  return dedent(source.split(/\r?\n/).slice(start, end - 1).filter(row => !MARKER.test(row))).join('\n').trimEnd()
}

/** What the deck declares as its length, in seconds: the path's own, where one is chosen. */
function lengthOf({ duration }, path) {
  if (path !== undefined)
    return 60 * path
  return duration === undefined ? undefined : parseTimeString(duration).seconds
}

/** The same, or undefined if that throws: the contract reports why. */
export function textIfAny(root, shown) {
  try {
    return textOf(root, shown)
  }
  catch {}
}

/** The text of a Markdown file with `hide:` and `disabled:` under another name, so that the parser returns those slides, too. */
function unhidden(path) {
  const rows = readFileSync(path, 'utf8').split('\n')
  for (const { start, contentStart } of parseSync(rows.join('\n'), path).slides) {
    for (let i = start; i < contentStart; i++)
      rows[i] = rows[i].replace(/^(hide|disabled)(?=\s*:)/, HIDDEN)
  }
  return rows.join('\n')
}

/**
 * Reads a deck, or the path through it that is chosen: `root` (its folder), `headmatter`, `seconds` (the length it declares), `slides`,
 * and `all`: including those that `hide: true` keeps from the screen. These are still checked like the others, but have no number.
 *
 * A slide has: no, hidden, title, level (of its heading), file (relative to `root`), content, note, frontmatter, line (where it begins), contentLine, noteLine, marks (the clicks
 * its note marks), imports (path, region, language, steps, startLine, line; `move` where it is a step of a magic move: the line that this begins on) and blocks (code typed into it: language, text, line).
 */
export async function load(deck = 'slides.md') {
  const root = dirname(resolve(deck))
  const { slides: read, headmatter, markdownFiles } = await parse({ userRoot: root, roots: [root] }, resolve(deck), unhidden)
  const [error] = Object.values(markdownFiles).flatMap(file => file.errors ?? [])
  if (error)
    throw new Error(`${deck}, line ${error.row + 1}: ${error.message}`)
  const path = chosenPath()
  const paths = pathsOf(read).map(({ minutes }) => minutes)
  if (path !== undefined && !paths.includes(path))
    throw new Error(`no slide is on a path of ${path} minutes; choose one of: ${paths.join(', ') || '(there is none)'}`)
  let no = 0
  const all = read.filter(({ frontmatter }) => isOn(frontmatter, path)).map(({ title, level, content, note, frontmatter, source }) => {
    const raw = source.raw.split('\n')
    const blank = raw.slice(source.contentStart - source.start).findIndex(row => row.trim())
    const contentLine = source.contentStart + Math.max(blank, 0) + 1
    const hidden = Boolean(frontmatter[HIDDEN])
    return {
      no: hidden ? undefined : ++no,
      hidden,
      title,
      level,
      file: relative(root, source.filepath),
      content,
      note,
      frontmatter,
      line: source.start + 1,
      contentLine,
      marks: [...(note ?? '').matchAll(/\[click(?::(\d+))?\]/gi)].reduce((sum, [, count = 1]) => sum + Number(count), 0),
      noteLine: source.start + raw.findLastIndex(row => row.includes('<!--')) + 1,
      imports: importsOf(content, contentLine),
      blocks: blocksOf(content, contentLine),
    }
  })
  return { root, headmatter, seconds: lengthOf(headmatter, path), slides: all.filter(({ hidden }) => !hidden), all }
}
