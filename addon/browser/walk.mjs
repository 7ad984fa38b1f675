// Walks through a served deck as a speaker does, key by key, and looks at every state in light and dark.
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-chromium'
import { entriesOf, firstSaid } from '../deck/glossary.mjs'
import { tagsOf } from '../deck/prose.mjs'
import { textIfAny } from '../deck/slides.mjs'
import { filled } from './filled.mjs'
import { findBrowser, flags } from './find.mjs'
import { keyed } from './keyboard.mjs'
import { accessible, inspect, pictured, settle, texts, twins } from './probe.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const CONTRAST = 4.5
const LARGE = 3 // enough for large text by WCAG; a deck that says how it fills its canvas is read from the back row
const LEAN = 'axe.configure({ noHtml: true })' // nothing here quotes the source of what it finds
const STRICT = `axe.configure({ checks: [{ id: 'color-contrast', options: { contrastRatio: { normal: { expected: ${CONTRAST} }, large: { expected: ${CONTRAST} } } } }] })`
const STILL = '*, *::before, *::after { transition-duration: 0s !important; transition-delay: 0s !important; }'
export const CANVAS = { width: 980, height: 552 } // scale 1: a pixel of the page is a pixel of the slide
export const PHONE = { width: 390, height: 844 }
const SMALLEST = 14
const PATIENCE = 60_000 // milliseconds; on a busy machine a slide takes its time

// Other names lead nowhere. A route of Playwright's that refuses them would turn the browser's cache off, and slow every request.
const ALONE = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1', '--no-proxy-server']

/** Starts a browser that can reach this machine only. */
export const launch = async () => chromium.launch({ executablePath: await findBrowser(), args: [...flags, ...ALONE] })

const local = url => /^(data|blob|about):/.test(url) || /^(localhost|127\.0\.0\.1)$/.test(new URL(url).hostname)

/** Opens a page in a browser of `launch`; `noise` collects its complaints: { check, message }. */
export async function open(browser, viewport = CANVAS, strict = true) {
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce', permissions: ['screen-wake-lock'] })
  const noise = []
  await context.addInitScript({ content: [axe, LEAN, ...strict ? [STRICT] : []].join('\n') })
  await context.addInitScript(css => addEventListener('DOMContentLoaded', () => document.head.append(Object.assign(document.createElement('style'), { textContent: css }))), STILL)
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  page.setDefaultNavigationTimeout(2 * PATIENCE) // the first page waits until Vite has bundled the packages
  page.on('request', request => local(request.url()) || noise.push({ check: 'request', url: request.url(), message: `asks ${request.url()}; put the file into public/` }))
  page.on('response', response => response.status() >= 400 && noise.push({ check: 'request', message: `${new URL(response.url()).pathname} answers ${response.status()}; mend the path` }))
  page.on('pageerror', error => noise.push({ check: 'console', message: `${error.message}; mend the component` }))
  page.on('console', message => (message.type() === 'error' || /^\[Vue warn\]/.test(message.text())) && !message.text().startsWith('Failed to load resource')
    && noise.push({ check: message.text().includes('resolve component') ? 'component' : 'console', message: `${message.text().split('\n')[0]}; mend the component` }))
  const close = async () => {
    // else an answer that a test's route still waits for would reject, and nobody would catch it
    await Promise.all([context, ...context.pages()].map(routed => routed.unrouteAll({ behavior: 'ignoreErrors' })))
    await context.close()
  }
  return { page, noise, close }
}

/** Which slide the address names, by its number or its `routeAlias`, in the path or behind the #; and which click. */
const where = (page, slides) => {
  const url = new URL(page.url())
  const { pathname, searchParams } = /^#\//.test(url.hash) ? new URL(url.hash.slice(1), url) : url
  const name = decodeURIComponent(pathname.split('/').at(-1))
  const alias = slides.findIndex(({ frontmatter }) => frontmatter.routeAlias === name) + 1
  return { no: alias || Number(name), clicks: Number(searchParams.get('clicks') ?? 0) }
}

/** Waits, in the page, until its address is another one, and no longer than so many `frames`: a slow machine draws fewer. */
async function moved({ url, frames }) {
  for (let drawn = 0; location.href === url && drawn < frames; drawn++)
    await new Promise(resolve => requestAnimationFrame(resolve))
  return location.href !== url
}

/** Presses the key; returns whether the deck went on. Before the last slide it does, however slow the machine is. */
async function forward(page, slides) {
  const url = page.url()
  const last = where(page, slides).no === slides.length
  await page.keyboard.press('ArrowRight')
  return last
    ? page.evaluate(moved, { url, frames: 30 })
    : page.waitForFunction(url => location.href !== url, url, { timeout: PATIENCE }).then(() => true, () => false)
}

/** Waits until the slide stands still; returns what it still waits for, if it does. */
export const still = (page, no, limit = PATIENCE) => page.evaluate(settle, { no, limit })

/**
 * Walks from the first slide to the end, or through the clicks of slide `only`, and calls `look(state)` on each state that has settled.
 *
 * A state is { no, clicks, stuck, reloaded }: `stuck` says what the slide still waited for, `reloaded` that the page was loaded again.
 */
export async function walk(page, url, look, slides = [], only = undefined) {
  let reloaded = false
  const again = request => reloaded ||= request.isNavigationRequest()
  await page.goto(`${url}${only ?? 1}`)
  await page.locator(`#slide-content .slidev-page-${only ?? 1} .slidev-layout`).first().waitFor({ timeout: 2 * PATIENCE }) // Vite bundles packages first
  if (only !== undefined)
    await page.waitForLoadState('networkidle', { timeout: 2 * PATIENCE }) // no slide before it brought what this one shows
  page.on('request', again)
  const goesOn = async () => await forward(page, slides) && [undefined, where(page, slides).no].includes(only)
  do {
    for (let done = false; !done;) {
      try {
        const stuck = await still(page, where(page, slides).no)
        await look({ ...where(page, slides), stuck, reloaded })
        done = true
        reloaded = false
      }
      catch (error) {
        if (!reloaded)
          throw error
        await page.waitForLoadState()
      }
    }
  } while (await goesOn())
  page.off('request', again)
}

/** Returns the findings of one state in light and dark: [{ check, message, scheme }]; one that is in both is reported once. */
export async function look(page, { no, stuck, reloaded }, canvas) {
  const findings = new Map()
  if (stuck)
    findings.set(stuck, { check: 'loading', message: `${stuck}; mend the component` })
  if (reloaded)
    findings.set('reload', { check: 'reload', message: 'the page was loaded again on the way here, since it met a package for the first time; name that in optimizeDeps of vite.config.ts' })
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme })
    await still(page, no, stuck ? 100 : PATIENCE)
    const found = [...await page.evaluate(inspect, { no, smallest: SMALLEST }), ...canvas && !stuck ? [...await page.evaluate(filled, { no, ...canvas }), ...scheme === 'light' ? await page.evaluate(keyed, { no }) : []] : [], ...await page.evaluate(accessible, { strict: Boolean(canvas) }), ...await page.evaluate(pictured, { least: canvas ? CONTRAST : LARGE })]
    for (const finding of found) {
      if (!findings.has(finding.message))
        findings.set(finding.message, { ...finding, scheme })
    }
  }
  return [...findings.values()]
}

/** The magic moves of a slide, each as the imports that are its steps. */
const movesOf = ({ imports }) => [...new Set(imports.map(({ move }) => move).filter(Boolean))].map(line => imports.filter(({ move }) => move === line))

/**
 * Compares the code blocks on a slide, and its recordings in `folder`, with the files that they come from: [{ check, message }].
 * A magic move shows one of its steps; the code that was shown is put into `seen`. `slide.terms` are those it says first.
 */
export async function compare(page, slide, root, folder, seen = new Set()) {
  const rendered = await page.evaluate(texts, { no: slide.no })
  const typed = slide.blocks.filter(({ language }) => language !== 'mermaid').map(({ text }) => text)
  rendered.code.forEach(text => seen.add(text))
  const textsOf = imports => imports.map(shown => textIfAny(root, shown)).filter(text => text !== undefined)
  const code = [...textsOf(slide.imports.filter(({ move }) => !move)), ...typed]
  const steps = movesOf(slide).map(textsOf)
  const recordings = tagsOf(slide).filter(({ tag }) => tag === 'Run').map(({ attributes }) => textIfAny(root, { path: `${folder}/${attributes.snippet}.txt` })).filter(text => text !== undefined)
  const begins = text => `beginning "${text.split('\n')[0]}"`
  return [
    ...code.filter(text => !rendered.code.includes(text)).map(text => ({ check: 'code', message: `no code block shows what the slide imports, ${begins(text)}; give the import a line of its own between blank lines` })),
    ...steps.filter(texts => !texts.some(text => rendered.code.includes(text))).map(([first]) => ({ check: 'code', message: `nothing shows a step of the magic move ${begins(first)}; give it a block of its own` })),
    ...rendered.code.filter(text => !code.includes(text) && !steps.flat().includes(text)).map(text => ({ check: 'code', message: `the code block ${begins(text)} is not what the slide imports; show the region itself` })),
    ...(slide.terms ?? []).filter(({ text, to }) => to && !rendered.terms.includes(text)).map(({ text }) => ({ check: 'term', message: `"${text}" is said here first and does not lead to the glossary; say it in plain words` })),
    ...recordings.filter(text => !rendered.recordings.includes(text)).map(text => ({ check: 'recorded', message: `nothing shows the recording ${begins(text)}; show it whole, as it is` })),
  ]
}

/** Splits findings into those that stay and the exemptions, each { title, check, reason }, that excuse nothing; a hidden slide keeps its own. */
export function excuse(findings, exemptions, { all = [] } = {}) {
  const hidden = new Set(all.filter(({ hidden }) => hidden).map(({ title }) => title))
  const fits = (exemption, { check, slide }) => exemption.reason && exemption.check === check && exemption.title === slide?.title
  return {
    left: findings.filter(finding => !exemptions.some(exemption => fits(exemption, finding))),
    needless: exemptions.filter(exemption => !hidden.has(exemption.title) && !findings.some(finding => fits(exemption, finding))),
  }
}

/** The place in the deck that names an address: on the first slide, Slidev asks for the pictures of all. */
function placeOf(url, slides) {
  const short = url?.replace(/\/$/, '')
  const slide = short && slides.find(({ content }) => content.includes(short))
  return slide && { slide, line: slide.contentLine + slide.content.slice(0, slide.content.indexOf(short)).split('\n').length - 1 }
}

/**
 * Walks through a served deck and looks at all of it: at how it fills its `canvas` where that is given, and at its code
 * and output where a folder of `recordings` is, with the links to its `glossary`.
 *
 * It opens a page in `browser`, unless there is one to use, the `visit`. Returns `findings`, each
 * { check, message, slide, line, state, picture }, and `clicks`, the number of clicks by slide.
 */
export async function survey(browser, { url }, deck, folder, { canvas, recordings, glossary, visit } = {}) {
  const said = firstSaid(deck.slides, entriesOf(deck.root, glossary))
  const { page, noise, close } = visit ?? await open(browser, CANVAS, Boolean(canvas))
  const findings = new Map()
  const clicks = new Map()
  const seen = new Map(deck.slides.map(({ no }) => [no, new Set()]))
  const pictures = new Set()
  mkdirSync(folder, { recursive: true })
  await walk(page, url, async (state) => {
    const slide = deck.slides[state.no - 1]
    clicks.set(state.no, state.clicks)
    const found = [...await look(page, state, canvas), ...recordings ? await compare(page, { ...slide, terms: said.filter(({ no }) => no === slide.no) }, deck.root, recordings, seen.get(state.no)) : [], ...noise.splice(0)]
    // The page's requests and complaints are reported once, what a slide shows once per slide: a size or a pair of colours, whichever word has it.
    const key = ({ check, message }) => ['request', 'console'].includes(check) ? message : `${state.no} ${message.replace(/ \(and \d+ more\)/, '').replace(check === 'small' ? /^".*"/ : /^.*(?=: Element has insufficient color contrast)/, '')}`
    for (const { scheme = 'light', url, ...finding } of found.filter(finding => !findings.has(key(finding)))) {
      const name = `slide-${state.no}-click-${state.clicks}-${scheme}.png`
      if (!pictures.has(name)) {
        pictures.add(name)
        await page.emulateMedia({ colorScheme: scheme })
        await page.screenshot({ path: join(folder, name) })
      }
      findings.set(key(finding), { ...finding, ...placeOf(url, deck.slides) ?? { slide, line: slide.line }, state: `click ${state.clicks}, ${scheme}`, picture: join(folder, name) })
    }
  }, deck.slides)
  const last = deck.slides[Math.max(...clicks.keys()) - 1]
  if (last.no < deck.slides.length)
    findings.set('', { check: 'loading', message: `the deck does not go on from here to slide ${last.no + 1}; mend the slide`, slide: last, line: last.line })
  for (const slide of recordings ? deck.slides.filter(({ no }) => clicks.has(no)) : []) {
    for (const { path, region, line } of slide.imports.filter(shown => shown.move && !seen.get(slide.no).has(textIfAny(deck.root, shown))))
      findings.set(`${slide.no} ${line}`, { check: 'code', message: `no click shows ${path}${region ? `#${region}` : ''}; give the step a line of its own`, slide, line })
  }
  for (const finding of await page.evaluate(twins))
    findings.set(finding.message, { ...finding, slide: last, line: last.line })
  if (!visit)
    await close()
  return { findings: [...findings.values()], clicks }
}
