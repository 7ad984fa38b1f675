// Prints a deck from its dev server as Slidev's export does, and asks Chromium for what that leaves out: tags and an outline.
import { PDFBool, PDFDict, PDFDocument, PDFHexString, PDFName, PDFString } from 'pdf-lib'
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from './find.mjs'
import { dev } from './serve.mjs'

const LIMIT = 120_000
const squeeze = text => text.replace(/\s+/g, '')

/** Waits, in the page, until `count` slides stand there complete; returns what is missing after `limit` ms, or undefined. */
async function printed({ count, limit }) {
  const end = performance.now() + limit
  const pending = () => {
    const slides = document.querySelectorAll('.print-slide-container .slidev-layout').length
    if (slides < count)
      return `${slides} of ${count} slides are there`
    if (document.querySelector('.slidev-slide-loading'))
      return 'a slide is still loading'
    const waiting = [...document.querySelectorAll('[data-waitfor]')].find(element => !element.querySelector(element.dataset.waitfor)?.checkVisibility())
    return waiting && `${waiting.dataset.waitfor} has not appeared on slide ${waiting.closest('[data-slidev-no]')?.dataset.slidevNo}`
  }
  await document.fonts.ready
  while (pending() && performance.now() < end)
    await new Promise(resolve => setTimeout(resolve, 100))
  return pending()
}

/** Lets a link to a slide, in print `#7`, lead to where that slide stands on the page. */
function linked() {
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    const slide = document.querySelector(`.print-slide-container:has([data-slidev-no="${link.hash.slice(1)}"])`)
    if (slide)
      link.href = `#${slide.id}`
  }
}

/** Prints the deck at `url`; returns its pages as bytes. */
async function print(url, { slides, headmatter: { aspectRatio = 16 / 9, canvasWidth = 980 } }, dark) {
  const [width, height] = [canvasWidth, Math.round(canvasWidth / aspectRatio)]
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
  try {
    const page = await browser.newPage({ viewport: { width, height }, reducedMotion: 'reduce' })
    page.setDefaultTimeout(LIMIT)
    await page.goto(`${url}print?print=true`)
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', media: 'screen' })
    const missing = await page.evaluate(printed, { count: slides.length, limit: LIMIT / 2 })
    await page.evaluate(linked)
    if (missing)
      throw new Error(`the deck cannot be printed: ${missing}`)
    return await page.pdf({ width, height, printBackground: true, preferCSSPageSize: true, pageRanges: `1-${slides.length}`, tagged: true, outline: true })
  }
  finally {
    await browser.close()
  }
}

/** Gives a PDF the deck's title, author and subject, and whole titles in the outline. */
async function finish(bytes, url, { slides, headmatter: { title, author, info } }) {
  const pdf = await PDFDocument.load(bytes, { updateMetadata: false })
  pdf.setTitle(title, { showInWindowTitleBar: true })
  author && pdf.setAuthor(author)
  info && pdf.setSubject(info)
  // Chromium's outline loses the space where a title goes on in a second line.
  const titles = new Map(slides.filter(({ title }) => title).map(({ title }) => [squeeze(title), title]))
  for (const [, item] of pdf.context.enumerateIndirectObjects()) {
    const whole = item instanceof PDFDict && item.has(PDFName.of('Parent')) && titles.get(squeeze(item.lookupMaybe(PDFName.of('Title'), PDFString, PDFHexString)?.decodeText() ?? ''))
    if (whole)
      item.set(PDFName.of('Title'), PDFHexString.fromText(whole))
  }
  return pdf.save()
}

/** Returns the bytes of a deck's PDF: tagged for screen readers, with its headings as the outline and links that lead to its pages. */
export async function tagged(deck, { dark = false } = {}) {
  const server = await dev(deck.root)
  try {
    return await finish(await print(server.url, deck, dark), server.url, deck)
  }
  finally {
    await server.close()
  }
}

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
