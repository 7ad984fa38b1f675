// Prints a deck from its dev server as Slidev's export does, with what that leaves out, tags and an outline by title; or takes its pictures.
import { PDFBool, PDFDict, PDFDocument, PDFHexString, PDFName, PDFNull, PDFString } from 'pdf-lib'
import { chromium } from 'playwright-chromium'
import { plain } from '../deck/prose.mjs'
import { findBrowser, flags } from './find.mjs'
import { dev } from './serve.mjs'

const LIMIT = 120_000

/** Waits, in the page, until `count` slides stand there complete; returns what is missing when nothing came for `limit` ms, or undefined. */
async function printed({ count, limit }) {
  const pending = () => {
    const slides = document.querySelectorAll('.print-slide-container .slidev-layout').length
    if (slides < count)
      return `${slides} of ${count} slides are there`
    if (document.querySelector('.slidev-slide-loading'))
      return 'a slide is still loading'
    if (document.querySelector('.slidev-monaco-container-inner:not(:has(.view-line))'))
      return 'an editor has no code yet'
    const waiting = [...document.querySelectorAll('[data-waitfor]')].find(element => !element.querySelector(element.dataset.waitfor)?.checkVisibility())
    return waiting && `${waiting.dataset.waitfor} has not appeared on slide ${waiting.closest('[data-slidev-no]')?.dataset.slidevNo}`
  }
  await document.fonts.ready
  let before
  let since
  for (let now = pending(); now; now = pending()) {
    if (now !== before)
      [before, since] = [now, performance.now()]
    else if (performance.now() - since > limit)
      return now
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** Lets a link to a slide, in print `#7`, lead to where that slide stands on the page. */
function linked() {
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    const slide = document.querySelector(`.print-slide-container:has([data-slidev-no="${link.hash.slice(1)}"])`)
    if (slide)
      link.href = `#${slide.id}`
  }
}

/** Calls `use(page, size)` with a page on which all slides stand complete, one below the other, from `server` or one of its own. */
async function onOnePage({ root, slides, headmatter: { aspectRatio = 16 / 9, canvasWidth = 980 } }, { dark = false, server, scale = 1 }, use) {
  const size = { width: canvasWidth, height: Math.round(canvasWidth / aspectRatio) }
  const own = server ? undefined : await dev(root)
  let browser
  try {
    browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
    const page = await browser.newPage({ viewport: size, deviceScaleFactor: scale, reducedMotion: 'reduce' })
    page.setDefaultTimeout(LIMIT)
    await page.goto(`${(server ?? own).url}print?print=true`)
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', media: 'screen' })
    const missing = await page.evaluate(printed, { count: slides.length, limit: LIMIT / 2 })
    if (missing)
      throw new Error(`the deck cannot be exported: ${missing}`)
    return await use(page, size)
  }
  finally {
    await browser?.close()
    await own?.close()
  }
}

/** The slides that have a title, each with those of a deeper level that follow it: { title, no, inner }. */
function nested(slides) {
  const top = []
  const open = [{ level: 0, inner: top }]
  for (const { title, level = 1, no } of slides.filter(({ title }) => title)) {
    while (open.at(-1).level >= level)
      open.pop()
    const entry = { title, no, level, inner: [] }
    open.at(-1).inner.push(entry)
    open.push(entry)
  }
  return top
}

/** Writes the slides' titles as the outline; Chromium's own knows headings alone, and not the title that a slide's frontmatter gives. */
function outline(pdf, slides) {
  const { context } = pdf
  const pages = pdf.getPages()
  const all = entries => entries.length + entries.reduce((sum, { inner }) => sum + all(inner), 0)
  const write = (node, parent, entries) => {
    const references = entries.map(() => context.nextRef())
    entries.forEach(({ title, no, inner }, i) => {
      const item = context.obj({ Parent: parent, Dest: [pages[no - 1].ref, 'XYZ', PDFNull, PDFNull, PDFNull] })
      item.set(PDFName.of('Title'), PDFHexString.fromText(plain(title)))
      i > 0 && item.set(PDFName.of('Prev'), references[i - 1])
      i < entries.length - 1 && item.set(PDFName.of('Next'), references[i + 1])
      context.assign(references[i], item)
      inner.length && write(item, references[i], inner)
    })
    node.set(PDFName.of('First'), references[0])
    node.set(PDFName.of('Last'), references.at(-1))
    node.set(PDFName.of('Count'), context.obj(all(entries)))
  }
  const entries = nested(slides)
  if (!entries.length)
    return
  const root = context.obj({ Type: 'Outlines' })
  const reference = context.register(root)
  write(root, reference, entries)
  pdf.catalog.set(PDFName.of('Outlines'), reference)
}

/** Gives a PDF the deck's title, author and subject, and the outline. */
async function finish(bytes, { slides, headmatter: { title, author, info } }) {
  const pdf = await PDFDocument.load(bytes, { updateMetadata: false })
  pdf.setTitle(title, { showInWindowTitleBar: true })
  author && pdf.setAuthor(author)
  info && pdf.setSubject(info)
  outline(pdf, slides)
  return pdf.save()
}

/**
 * Returns the bytes of a deck's PDF: tagged for screen readers, with its titles as the outline and links that lead to its pages.
 * It is printed from `server`, which goes on, or from one of its own.
 */
export async function tagged(deck, options = {}) {
  const bytes = await onOnePage(deck, options, async (page, { width, height }) => {
    await page.evaluate(linked)
    return page.pdf({ width, height, printBackground: true, preferCSSPageSize: true, pageRanges: `1-${deck.slides.length}`, tagged: true })
  })
  return finish(bytes, deck)
}

/** Returns pictures of the slides in `numbers`, each a PNG of twice the size of the canvas, taken as `tagged` prints. */
export const pictures = (deck, numbers, options) => onOnePage(deck, { ...options, scale: 2 }, async (page) => {
  const taken = []
  for (const no of numbers)
    taken.push(await page.locator('.print-slide-container').nth(no - 1).screenshot())
  return taken
})

/** Returns what a screen reader or a click would miss in a PDF: one line each. */
export async function missing(bytes) {
  const pdf = await PDFDocument.load(bytes, { updateMetadata: false })
  const marked = pdf.catalog.lookupMaybe(PDFName.of('MarkInfo'), PDFDict)?.lookupMaybe(PDFName.of('Marked'), PDFBool)?.asBoolean()
  const found = marked && pdf.catalog.has(PDFName.of('StructTreeRoot')) ? [] : ['it is not tagged: a screen reader would guess']
  pdf.getPages().forEach((page, i) => {
    for (const reference of page.node.Annots()?.asArray() ?? []) {
      const target = pdf.context.lookup(reference, PDFDict).lookupMaybe(PDFName.of('A'), PDFDict)?.lookupMaybe(PDFName.of('URI'), PDFString)?.decodeText()
      if (/^https?:\/\/(localhost|127\.)/.test(target ?? ''))
        found.push(`page ${i + 1}: a link leads to ${target}, which nobody else has`)
    }
  })
  return found
}
