// Reads a PDF of the deck and reports what is wrong with it.
import { readFileSync } from 'node:fs'
import { getDocumentProxy } from 'unpdf'
import { plain } from '../deck/prose.mjs'
import { textIfAny } from '../deck/slides.mjs'

const squeeze = text => text.replace(/\s+/g, '')

async function outlineOf(pdf) {
  const flat = items => (items ?? []).flatMap(item => [item, ...flat(item.items)])
  return Promise.all(flat(await pdf.getOutline()).map(async ({ title, dest }) => ({ title, no: await pdf.getPageIndex(dest[0]).catch(() => -1) + 1 })))
}

async function readPage(pdf, no) {
  const page = await pdf.getPage(no)
  const { items, styles } = await page.getTextContent()
  await page.getOperatorList() // loads the fonts
  const fonts = Object.keys(styles).map(id => page.commonObjs.get(id))
  return { texts: items.map(({ str }) => str), fonts }
}

/**
 * Returns what is wrong with the PDF at `path` as pages of `deck` (from `load`): one line each, none when it is right.
 * The text of imports is looked for where the deck is `recorded`.
 */
export async function faults(path, deck, { recorded = true } = {}) {
  const found = []
  const pdf = await getDocumentProxy(new Uint8Array(readFileSync(path)), { verbosity: 0 })
  const { slides, headmatter } = deck

  const { info } = await pdf.getMetadata()
  if (info.Title !== headmatter.title)
    found.push(`its title is "${info.Title ?? ''}"; the deck's is "${headmatter.title}"`)
  if (info.Author !== headmatter.author)
    found.push(`its author is "${info.Author ?? ''}"; the deck's is "${headmatter.author}"`)
  if (pdf.numPages !== slides.length)
    found.push(`it has ${pdf.numPages} pages; the deck has ${slides.length} slides`)

  const outline = await outlineOf(pdf)
  for (const { title, no, file, line } of slides.filter(({ title }) => title)) {
    if (!outline.some(entry => plain(entry.title) === plain(title) && entry.no === no))
      found.push(`page ${no}: the outline does not lead to "${title}" (${file}:${line})`)
  }

  for (const slide of slides.slice(0, pdf.numPages)) {
    const { texts, fonts } = await readPage(pdf, slide.no)
    const page = squeeze(texts.join(''))
    if (!page)
      found.push(`page ${slide.no}: it is blank`)
    const shows = [slide.content, ...slide.imports.map(shown => textIfAny(deck.root, shown))].join('\n')
    if (texts.some(text => /^(…|\.\.\.)$/.test(text.trim())) && !/…|\.\.\./.test(shows)) // code has such dots, too
      found.push(`page ${slide.no}: a component is still loading ("…")`)
    // A page shows the last step of a magic move.
    const printed = slide.imports.filter(({ move }, i, all) => !move || all[i + 1]?.move !== move)
    for (const shown of recorded ? printed : []) {
      // Line by line: Chromium writes those that a step dims after the others.
      if (!(textIfAny(deck.root, shown) ?? '').split('\n').every(row => page.includes(squeeze(row))))
        found.push(`page ${slide.no}: it does not hold the text of ${shown.path}${shown.region ? `#${shown.region}` : ''} (${slide.file}:${shown.line})`)
    }
    for (const { name } of fonts.filter(({ missingFile, isType3Font }) => missingFile && !isType3Font))
      found.push(`page ${slide.no}: the font ${name} is not embedded`)
  }
  return found
}
