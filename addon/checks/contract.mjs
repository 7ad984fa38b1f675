// Finds where a deck and what it stands on differ: its slides, snippets, recordings, components and artefacts.
// Each finding is { check, slide, line, message }; the message ends with what to do.
import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path/posix'
import { linksOf } from '../deck/links.mjs'
import { timing } from '../deck/notes.mjs'
import { counted, counts, LITERAL, occurrences, proseOf, tagsOf, typedNumbers } from '../deck/prose.mjs'
import { regionsOf, textOf } from '../deck/slides.mjs'
import { claimed, judge, measurements, shownOn } from './claims.mjs'
import { list, read, stem } from './files.mjs'
import { explained, rhythmic } from './story.mjs'

const LINES = 15
const COLUMNS = 80
const COLUMN = share => Math.floor(90 * share - 3) // 42 in half a slide, at the smallest size of code
const TYPED = ['sh', 'mermaid'] // the only code that may stand in slides.md itself

const isCode = path => /\.(py|mjs)$/.test(path) && !path.endsWith('conftest.py')
const pathOf = (snippets, name) => join(snippets, /\.mjs$/.test(name) ? name : `${name}.py`)

/** The columns of code that fit: in a layout of two columns as many as its wider one has, by `ratio: 3/2`; in a grid half of the slide's. */
function columnsOf({ frontmatter: { layout = '', ratio = '1/1' }, content }) {
  if (layout.startsWith('two-cols')) {
    const [left, right] = ratio.split('/').map(Number)
    return COLUMN(Math.max(left, right) / (left + right))
  }
  return /\bgrid-cols-(?!1\b)/.test(content) ? COLUMN(1 / 2) : COLUMNS
}

function* badSteps({ steps, startLine }, count) {
  const last = startLine + count - 1
  for (const part of (steps ?? '').split('|').flatMap(step => step.split(',')).filter(part => /\d/.test(part))) {
    const [from, to = from] = part.split('-').map(Number)
    if (from < startLine || to > last || from > to)
      yield part
  }
}

function* frontmatter({ slides }) {
  const rows = ({ content }) => content.split('\n').filter(row => row.trim())
  for (const slide of slides.filter(slide => rows(slide).length && rows(slide).every(row => /^(?:#+ )?\w+: /.test(row))))
    yield { slide, line: slide.line, message: 'the slide is the frontmatter of the next one, as a formatter leaves it; take the file back, and keep formatters away from it' }
}

function* imports({ root, slides }) {
  for (const slide of slides) {
    for (const shown of slide.imports) {
      const at = { slide, line: shown.line }
      if (!shown.language)
        yield { ...at, message: `the import of ${shown.path} names no language; write it after the path` }
      let rows
      try {
        rows = textOf(root, shown).split('\n')
      }
      catch (error) {
        yield { ...at, message: error.message }
        continue
      }
      const width = columnsOf(slide)
      const widest = Math.max(...rows.map(row => [...row].length))
      if (rows.length > LINES)
        yield { ...at, message: `${shown.path} shows ${rows.length} lines; show at most ${LINES}, or a smaller region` }
      if (widest > width)
        yield { ...at, message: `${shown.path} shows a line of ${widest} columns; break it at ${width}` }
      for (const step of badSteps(shown, rows.length))
        yield { ...at, message: `step ${step} lies outside the ${rows.length} lines of ${shown.path}; mend the step` }
    }
  }
}

function* regions({ root, slides }, { snippets }) {
  const imported = new Set(slides.flatMap(({ imports }) => imports).map(({ path, region }) => `${path}#${region}`))
  for (const path of list(root, snippets).filter(isCode)) {
    for (const { name, start, end } of regionsOf(read(root, path))) {
      if (!start || !end)
        yield { message: `${path}:${start ?? end}: region ${name || '(no name)'} has only one of its two markers; give both the same name` }
      else if (!imported.has(`${path}#${name}`))
        yield { message: `${path}:${start}: region ${name} is on no slide; show it, or take its markers out` }
    }
  }
}

function* typed({ slides }) {
  for (const slide of slides) {
    for (const { language, line } of slide.blocks.filter(block => !TYPED.includes(block.language)))
      yield { slide, line, message: `code in "${language}" is typed into the slide; import it with <<< from a file that the tests run` }
  }
}

function* shown({ root, slides }, { snippets: folder, unshown }) {
  const imported = new Set(slides.flatMap(slide => slide.imports.map(({ path }) => path)))
  for (const { attributes } of slides.flatMap(tagsOf).filter(({ tag }) => tag === 'Run'))
    imported.add(pathOf(folder, attributes.snippet))
  const snippets = list(root, folder).filter(isCode)
  for (const path of snippets) {
    const listed = unshown.find(listed => listed.path === path)
    if (!imported.has(path) && !listed?.reason)
      yield { message: `${path} is not on any slide; show it, or list it in deck.config.mjs as unshown, with the reason` }
    if (imported.has(path) && listed)
      yield { message: `${path} is on a slide; take it out of unshown in deck.config.mjs` }
  }
  for (const { path } of unshown.filter(({ path }) => !snippets.includes(path)))
    yield { message: `deck.config.mjs lists ${path} as unshown, which does not exist; take it out` }
}

/** Whether a snippet writes a recording: `sort.py` writes sort.txt, `sort.mjs` sort.mjs.txt; others it names. */
const writes = (source, path) => [`${stem(path)}.py`, stem(path)].includes(basename(source.path)) || source.text.includes(basename(path))

function* recordings({ root, slides }, { sources: folders, recordings: folder }) {
  const sources = folders.flatMap(folder => list(root, folder)).filter(isCode).map(path => ({ path, text: read(root, path) }))
  const belongs = path => sources.some(source => writes(source, path))
  for (const slide of slides) {
    for (const { path, line } of slide.imports.filter(({ path }) => path.startsWith(folder))) {
      if (!belongs(path))
        yield { slide, line, message: `no snippet writes ${path}; show a recording of a snippet` }
    }
    for (const { attributes: { snippet, mark }, line } of tagsOf(slide).filter(({ tag }) => tag === 'Run')) {
      const recording = `${folder}/${snippet}.txt`
      if (!belongs(recording) || !existsSync(join(root, recording)))
        yield { slide, line, message: `<Run snippet="${snippet}"> names no snippet that has a recording; name one` }
      else if (mark && !read(root, recording).includes(mark))
        yield { slide, line, message: `${snippet} does not print "${mark}", which <Run> marks; mark what it prints` }
    }
  }
  for (const path of list(root, folder, true).filter(path => !belongs(path)))
    yield { message: `no snippet writes ${path}; remove it` }
}

/** A literal in a bound prop that is no count, no conversion and so perhaps a measurement. */
const isMeasured = literal => !(/^\d+$/.test(literal) && Number(literal) <= 100) && !Number.isInteger(Math.log10(Number(literal)))

/** The text in a component's template. */
const templateOf = source => source.match(/^<template>[\s\S]*^<\/template>/m)?.[0] ?? ''

function* numbers({ root, slides }, { units, facts, claims, recordings }) {
  const data = measurements(root, recordings)
  const used = new Set()
  const known = (text, index, length) => {
    const fact = facts.find(fact => (fact.source || fact.holds) && occurrences(text, fact.text).some(at => at <= index && index + length <= at + fact.text.length))
    if (fact)
      used.add(fact)
    return fact
  }
  const unknown = (text, first) => [...typedNumbers(text, units, first)].filter(({ number, index }) => !known(text, index, number.length))
  const covered = (text, at) => [...typedNumbers(text, units, 1)].some(({ number, index }) => index <= at && at < index + number.length)
  const listed = 'list it as a fact in deck.config.mjs with its source'
  const mend = `show it from a recording, or ${listed}`
  const prove = `prove it by a claim with the title's words, or ${listed}`

  for (const slide of slides) {
    const { content, contentLine, note = '', noteLine } = slide
    const title = contentLine + content.split('\n').findIndex(row => /^#+ /.test(row))
    for (const { number, line } of [...unknown(proseOf(content), contentLine), ...unknown(note, noteLine)]) {
      if (line !== title)
        yield { slide, line, message: `"${number}" is typed; ${mend}` }
      else if (!claims[slide.title])
        yield { slide, line, message: `"${number}" is typed into the title; ${prove}` }
    }
    for (const { text, number, index, line } of [...counted(proseOf(content), contentLine), ...counted(note, noteLine)].filter(({ line }) => line !== title)) {
      const fact = known(text, index, number.length)
      const verdict = !fact?.holds || judge(fact.holds, data, shownOn(root, slide, recordings))
      if (verdict !== true)
        yield { slide, line, message: `"${number}" is no longer true: ${verdict || 'it is not so'}; measure again, or mend it` }
      else if (!fact && !covered(text, index))
        yield { slide, line, message: `"${number}" is counted and not measured; ${mend}` }
    }
    const [count] = claims[slide.title] ? [] : [...counts(slide.title ?? '')].filter(({ text, number, index }) => !known(text, index, number.length))
    if (count)
      yield { slide, line: title, message: `"${count.number}" is counted in the title; ${prove}` }
    for (const { attributes, line } of tagsOf(slide)) {
      for (const [name, value] of Object.entries(attributes).filter(([name]) => name.startsWith(':'))) {
        for (const [literal] of [...value.matchAll(LITERAL)].filter(([literal]) => !known(literal, 0, literal.length) && isMeasured(literal)))
          yield { slide, line, message: `${literal} is typed into the prop ${name}; ${mend}` }
      }
    }
  }
  for (const path of list(root, 'components', true).filter(path => path.endsWith('.vue'))) {
    for (const { number } of unknown(proseOf(templateOf(read(root, path))), 1))
      yield { message: `${path}: "${number}" is typed; ${mend}` }
  }
  for (const { text } of facts.filter(fact => !used.has(fact)))
    yield { message: `deck.config.mjs lists the fact "${text}" without a source, or nothing says it; mend or remove it` }
}

function* values({ root, slides }, { recordings }) {
  const data = measurements(root, recordings)
  for (const slide of slides) {
    for (const { attributes, line } of tagsOf(slide)) {
      for (const path of [attributes.of, attributes.per].filter(Boolean)) {
        if (path.split('.').reduce((value, key) => value?.[key], data) === undefined)
          yield { slide, line, message: `nothing was measured at ${path}; name a value of ${recordings}/*.json` }
      }
    }
  }
}

function* links({ root, slides }) {
  const shown = slides.filter(({ hidden }) => !hidden)
  const aliases = shown.flatMap(({ frontmatter }) => frontmatter.routeAlias ?? [])
  for (const slide of shown) {
    for (const { target, line } of linksOf(slide).filter(({ external }) => !external)) {
      const path = target.replace(/[?#].*$/, '')
      const route = path.replace(/^\//, '')
      const found = !path || (/^\d+$/.test(route) ? shown[route - 1] : aliases.includes(route))
        || existsSync(path.startsWith('/') ? join(root, 'public', path) : join(root, path.replace(/^@\//, '')))
      if (!found)
        yield { slide, line, message: `${target} is neither a slide nor a file; mend the link` }
    }
  }
}

function* remote({ slides }) {
  for (const slide of slides) {
    for (const { target, line } of linksOf(slide).filter(({ external, loaded }) => external && loaded))
      yield { slide, line, message: `${target} would be loaded from the network; put the file into public/` }
  }
}

/** Whether a text names a file: in full, as a pattern (`plot_{name}.svg`), or its stem alone in quotes. */
function names(text, file) {
  if (new RegExp(`['"\`]${stem(file)}['"\`]`).test(text))
    return true
  return [...text.matchAll(/[\w{}*.-]*\w[\w{}*.-]*/g)].some(([word]) => {
    const pattern = word.replace(/\{\w+\}|\*/g, '\0')
    return extname(pattern) === extname(file) && /\w/.test(stem(pattern)) && new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('\0', '.+')}$`).test(file)
  })
}

/** Whether a test speaks of a file that `writer` writes: by its name, or by the writer's constant for it. */
function compares(test, writer, file) {
  const constant = writer.text.match(new RegExp(`^(\\w+) = .*["/]${file.replaceAll('.', '\\.')}"`, 'm'))?.[1]
  return names(test, file) || (constant && test.includes(`${stem(writer.path)}.${constant}`))
}

function* artefacts({ root, slides }, { artefacts, sources, tests: folder }) {
  const texts = (folder, pattern) => list(root, folder, true).filter(path => pattern.test(path)).map(path => ({ path, text: read(root, path) }))
  const code = sources.flatMap(source => texts(source, /\.(py|mjs)$/))
  const users = [...texts('components', /\.(vue|ts)$/), ...slides.map(({ content }) => ({ text: content }))]
  const tests = texts(folder, /test/)
  for (const path of artefacts.flatMap(folder => list(root, folder, true))) {
    const file = basename(path)
    const writers = code.filter(({ text }) => names(text, file))
    if (!writers.length)
      yield { message: `no snippet writes ${path}; name it in the snippet that does, or remove it` }
    if (!users.some(({ text }) => names(text, file)))
      yield { message: `nothing in the deck uses ${path}; remove it` }
    if (!tests.some(({ text }) => writers.some(writer => compares(text, writer, file))))
      yield { message: `no test in ${folder} compares ${path} with what its snippet writes today; add one` }
  }
}

export const checks = { frontmatter, import: imports, region: regions, typed, shown, recording: recordings, number: numbers, value: values, claim: claimed, minutes: timing, link: links, remote, artefact: artefacts, rhythm: rhythmic, glossary: explained }

/** Returns every finding in a deck from `load`, with what `configOf` says of it. */
export function contract(deck, config) {
  const whole = { ...deck, slides: deck.all } // what hides tonight is shown tomorrow
  return Object.entries(checks).flatMap(([check, find]) => [...find(whole, config)].map(finding => ({ check, ...finding })))
}

/** Says where a finding is: `slides.md:12, slide 3 "Title" [import]: what; mend`. */
export function say({ check, slide, line, message }) {
  return `${slide ? `${slide.file}:${line}, ${slide.hidden ? 'hidden slide' : `slide ${slide.no}`} "${slide.title ?? ''}" ` : ''}[${check}] ${message}`
}
