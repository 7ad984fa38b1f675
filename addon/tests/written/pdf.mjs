// The export makes the PDF, or says what is wrong with it and leaves the old one.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import JSZip from 'jszip'
import { PDFDocument, PDFName, PDFString, StandardFonts } from 'pdf-lib'
import { getDocumentProxy } from 'unpdf'
import { exportNotes, exportPdf, exportPng, exportPptx } from '../../browser/export.mjs'
import { lacking, pptx } from '../../browser/pptx.mjs'
import { missing } from '../../browser/print.mjs'
import { faults } from '../../checks/pdf.mjs'
import { write } from '../decks.mjs'
import { deck, folder, server as served } from './deck.mjs'

describe('exported', () => {
  const server = { url: `${served.url}/` }
  const made = join(folder, 'deck.pdf')
  const broken = join(folder, 'broken.pdf')
  before(() => exportPdf(folder, made, { server }))

  describe('a PDF of another deck', () => {
    const first = deck.slides.find(({ imports }) => imports.length)
    const others = [
      ['with one page less', /it has \d+ pages; the deck has \d+ slides/, { slides: [...deck.slides, { ...deck.slides[1], no: deck.slides.length + 1 }] }],
      ['with another title', /its title is/, { headmatter: { ...deck.headmatter, title: 'Another' } }],
      ['with another author', /its author is/, { headmatter: { ...deck.headmatter, author: 'Another' } }],
      ['with another outline', /the outline does not lead to "Another" \(slides\.md:\d+\)/, { slides: deck.slides.map(slide => slide === first ? { ...slide, title: 'Another' } : slide) }],
      ['with other code', /does not hold the text of snippets\/count\.py \(slides\.md:1\)/, { slides: deck.slides.map(slide => slide === first ? { ...slide, imports: [{ path: 'snippets/count.py', line: 1 }] } : slide) }],
    ]
    for (const [name, message, change] of others) {
      test(name, async () => {
        assert.match((await faults(made, { ...deck, ...change })).join('\n'), message)
      })
    }
  })

  describe('a PDF that came out wrong', () => {
    const page = deck.slides.length // the last one: nothing after it moves
    const draw = text => async (pdf) => {
      pdf.getPage(page - 1).drawText(text, { font: await pdf.embedFont(StandardFonts.Helvetica) })
    }
    const wrongs = [
      ['with a blank page', /it is blank/, pdf => pdf.getPage(page - 1).node.delete(PDFName.of('Contents'))],
      ['with a font that is not embedded', /font Helvetica is not embedded/, draw('strange')],
      ['with a component that still loads', /is still loading/, draw('...')],
    ]
    for (const [name, message, change] of wrongs) {
      test(name, async () => {
        const pdf = await PDFDocument.load(readFileSync(made), { updateMetadata: false })
        await change(pdf)
        writeFileSync(broken, await pdf.save())
        assert.match((await faults(broken, deck)).join('\n'), new RegExp(`page ${page}: .*${message.source}`))
      })
    }
  })

  test('the outline has every title, that of a frontmatter too, and deeper ones inside', async () => {
    const { slides } = deck
    const pdf = await getDocumentProxy(new Uint8Array(readFileSync(made)), { verbosity: 0 })
    const tree = items => items.map(({ title, items }) => items.length ? [title, tree(items)] : title)
    const deeper = slides.findIndex(({ title }) => title.startsWith('Every pass'))
    const wanted = slides.map(({ title }) => title)
    wanted.splice(deeper - 1, 2, [slides[deeper - 1].title, [slides[deeper].title]])
    assert.equal(wanted[0], 'Sorting')
    assert.deepEqual(tree(await pdf.getOutline()), wanted)
  })

  describe('what a screen reader or a click would miss', () => {
    const losses = [
      ['the tags', /it is not tagged/, pdf => pdf.catalog.delete(PDFName.of('StructTreeRoot'))],
      ['a link that leads to this machine', /page 1: a link leads to http:\/\/localhost:3030\/4/, (pdf) => {
        const link = { Type: 'Annot', Subtype: 'Link', Rect: [0, 0, 9, 9], A: { S: 'URI', URI: PDFString.of('http://localhost:3030/4') } }
        pdf.getPage(0).node.set(PDFName.of('Annots'), pdf.context.obj([pdf.context.register(pdf.context.obj(link))]))
      }],
    ]
    for (const [name, message, change] of losses) {
      test(name, async () => {
        const pdf = await PDFDocument.load(readFileSync(made), { updateMetadata: false })
        change(pdf)
        assert.match((await missing(await pdf.save())).join('\n'), message)
      })
    }

    test('nothing, in what was made', async () => assert.deepEqual(await missing(readFileSync(made)), []))
  })

  test('a range in the dark is those pages, on a dark ground', async () => {
    const part = join(folder, 'part.pdf')
    await exportPdf(folder, part, { range: 'swap,3', dark: true, server })
    const texts = async (path, no) => {
      const page = await (await getDocumentProxy(new Uint8Array(readFileSync(path)), { verbosity: 0 })).getPage(no)
      return (await page.getTextContent()).items.map(({ str }) => str).join(' ')
    }
    assert.equal((await PDFDocument.load(readFileSync(part))).getPageCount(), 2)
    for (const no of [1, 2])
      assert.equal(await texts(part, no), await texts(made, no + 1))
    await assert.rejects(exportPdf(folder, part, { range: '90', server }), /--range 90 names no slides of this deck/)
  })

  test('a PowerPoint file is a picture a slide, with its notes', async () => {
    const file = join(folder, 'part.pptx')
    await exportPptx(folder, file, { server })
    const zip = await JSZip.loadAsync(readFileSync(file))
    assert.deepEqual(zip.file(/^ppt\/slides\/slide\d+\.xml$/).map(({ name }) => name), deck.slides.map(({ no }) => `ppt/slides/slide${no}.xml`))
    assert.match(await zip.file('ppt/notesSlides/notesSlide1.xml').async('string'), /Who sorts by hand\?/)
    assert.match(await zip.file('ppt/slides/slide3.xml').async('string'), /descr="Every pass carries the largest to the end"/)
    const pictures = await Promise.all(zip.file(/^ppt\/media\/.*\.png$/).map(picture => picture.async('nodebuffer')))
    assert.equal(pictures.length, deck.slides.length)
    for (const picture of pictures)
      assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [2 * 980, 2 * 552]) // where a PNG gives its size
  })

  test('pictures are named by their slides, in a folder that takes the place of the last one', async () => {
    write(folder, 'pictures/1.png', 'old')
    await exportPng(folder, join(folder, 'pictures'), { range: 'swap', dark: true, server })
    assert.deepEqual(readdirSync(join(folder, 'pictures')), ['2.png'])
    assert.deepEqual([...readFileSync(join(folder, 'pictures/2.png')).subarray(1, 4)], [...Buffer.from('PNG')])
  })

  test('a PowerPoint file that came out wrong', async () => {
    const file = join(folder, 'wrong.pptx')
    const picture = Buffer.from('iVBORw0KGgo=', 'base64')
    const pages = deck.slides.slice(0, 2).map(slide => ({ slide, picture }))
    assert.deepEqual(await pptx(file, deck, pages), [])
    const wrongs = [
      [/^it has 2 pages of 3 slides/, [...pages, { slide: { no: 3 }, picture }]],
      [/^page 2: the picture of slide 2 is not there$/, [pages[0], { ...pages[1], picture: Buffer.from('other') }]],
      [/^page 1: the notes of slide 1 are not there$/, [{ slide: { no: 1, note: 'other' }, picture }, pages[1]]],
    ]
    for (const [message, pages] of wrongs)
      assert.match((await lacking(readFileSync(file), pages)).join('\n'), message)
    assert.deepEqual(await lacking(Buffer.from('nothing'), pages), ['it is no PowerPoint file'])
  })

  test('notes are Markdown, with the time of each slide', async () => {
    const file = join(folder, 'notes.md')
    await exportNotes(folder, file, { range: '2,6' })
    assert.equal(readFileSync(file, 'utf8'), `# Sorting: notes

## 2. Bubble sort compares neighbours

1:00 to 2:00

[click] The comparison.

## 6. What to remember

5:00 to 6:00

Stop here.
`)
  })

  test('notes are of every slide where no range is given', async () => {
    const file = join(folder, 'all.md')
    await exportNotes(folder, file)
    assert.deepEqual(readFileSync(file, 'utf8').match(/^## \d+/gm), deck.slides.map(({ no }) => `## ${no}`))
  })

  test('what export does not offer is refused in one line, and nothing is written', () => {
    mkdirSync(join(folder, 'own.pdf'))
    writeFileSync(join(folder, 'own.pdf', 'mine.txt'), 'mine')
    linkSync(join(folder, 'slides.md'), join(folder, 'link.md'))
    const [before, source] = [readdirSync(folder), readFileSync(join(folder, 'slides.md'), 'utf8')]
    const command = join(import.meta.dirname, '../../commands/export.mjs')
    for (const [args, says] of [[['--with-clicks'], /no --with-clicks: an exported slide shows its last state/], [['--with-toc'], /Unknown option '--with-toc'; export takes/], [['--format', 'docx'], /--format is one of pdf, png, pptx, notes, not docx/], [['--format', 'notes', '--dark'], /neither light nor dark/], [['--format', 'pptx', 'talk.pdf'], /talk.pdf does not end with .pptx/], [['--format', 'png', 'talk.pdf'], /pictures go into a folder/], [['--range', '1-2', '--format', 'notes', 'nowhere/notes.md'], /nowhere/], [['--range'], /export takes a name/], [['a.pdf', 'b.pdf'], /name one file/], [['talk.txt'], /does not end with \.pdf/], [['--format', 'png', 'snippets'], /holds something else than pictures/], [['-x'], /Unknown option '-x'/], [['own.pdf'], /own\.pdf is no file/], [['--format', 'notes', 'slides.md'], /slides\.md is what the deck is made of/], [['--format', 'notes', 'link.md'], /is what the deck is made of/], [['--range='], /--range names no slides/], [['nowhere/a.pdf'], /nowhere is no folder; make it first/]]) {
      const { status, stderr, stdout } = spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' })
      assert.deepEqual([status, stdout], [2, ''], args.join(' '))
      assert.match(stderr, says)
      assert.match(stderr, /^export: [^\n]+\n$/)
    }
    assert.deepEqual(readdirSync(folder), before)
    assert.deepEqual(readdirSync(join(folder, 'own.pdf')), ['mine.txt'])
    assert.equal(readFileSync(join(folder, 'slides.md'), 'utf8'), source)
    for (const name of ['own.pdf', 'link.md'])
      rmSync(join(folder, name), { recursive: true })
  })

  test('an export that is not right says so, and leaves the old PDF and nothing beside it', async () => {
    // Like a page of the deck on which every component is still loading.
    const loading = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html; charset=utf-8').end('<div class="print-slide-container" style="break-after: page"><div class="slidev-layout">…</div></div>'.repeat(deck.slides.length)))
    await once(loading.listen(0, '127.0.0.1'), 'listening')
    const old = join(folder, 'old', 'deck.pdf')
    mkdirSync(join(folder, 'old'))
    writeFileSync(old, 'old')
    await assert.rejects(exportPdf(folder, old, { server: { url: `http://localhost:${loading.address().port}/` } }), /page 1: a component is still loading/)
    loading.close()
    assert.deepEqual(readdirSync(join(folder, 'old')), ['deck.pdf'])
    assert.equal(readFileSync(old, 'utf8'), 'old')
  })
})
