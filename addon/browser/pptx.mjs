// Writes a PowerPoint file of a deck's pictures, and reads it again: one page per slide, with its picture, title and notes.
import { readFileSync } from 'node:fs'
import JSZip from 'jszip'
import Pptx from 'pptxgenjs'

const INCHES = 10 // how wide a page is

/** Writes `pages`, each { slide, picture }, to `file`; returns what is wrong with it. */
export async function pptx(file, { headmatter: { title, author, info, aspectRatio = 16 / 9 } }, pages) {
  const talk = new Pptx()
  talk.defineLayout({ name: 'deck', width: INCHES, height: INCHES / aspectRatio })
  talk.layout = 'deck'
  Object.assign(talk, { title, ...author && { author }, ...info && { subject: info } })
  for (const { slide, picture } of pages) {
    const page = talk.addSlide()
    page.addImage({ data: `image/png;base64,${picture.toString('base64')}`, altText: slide.title ?? '', x: 0, y: 0, w: '100%', h: '100%' })
    if (slide.note)
      page.addNotes(slide.note)
  }
  await talk.writeFile({ fileName: file })
  return lacking(readFileSync(file), pages)
}

const squeeze = text => text.replace(/\s+/g, '')
const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': '\'' }
const textOf = xml => [...xml.matchAll(/<a:t>([^<]*)<\/a:t>/g)].map(([, text]) => text.replace(/&\w+;/g, entity => ENTITIES[entity])).join('')

/** Returns what a PowerPoint file lacks of `pages`: one line each. */
export async function lacking(bytes, pages) {
  const zip = await JSZip.loadAsync(bytes).catch(() => undefined)
  if (!zip)
    return ['it is no PowerPoint file']
  const there = zip.file(/^ppt\/slides\/slide\d+\.xml$/).length
  const found = there === pages.length ? [] : [`it has ${there} pages of ${pages.length} slides`]
  const part = path => zip.file(path)?.async('string') ?? ''
  for (const [i, { slide: { no, note = '' }, picture }] of pages.entries()) {
    const [, target] = (await part(`ppt/slides/_rels/slide${i + 1}.xml.rels`)).match(/Target="\.\.\/(media\/[^"]+\.png)"/) ?? []
    if (!picture.equals(await zip.file(`ppt/${target}`)?.async('nodebuffer') ?? Buffer.of()))
      found.push(`page ${i + 1}: the picture of slide ${no} is not there`)
    if (!squeeze(textOf(await part(`ppt/notesSlides/notesSlide${i + 1}.xml`))).includes(squeeze(note)))
      found.push(`page ${i + 1}: the notes of slide ${no} are not there`)
  }
  return found
}
