// Looks at one slide, at every click, in light and dark: `look.mjs 7`, or `look.mjs "the words of its title"`.
// Reports what the whole survey would find on it, and leaves pictures; quick while the deck is presented from this folder.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dev } from '../browser/serve.mjs'
import { contract, say } from '../checks/contract.mjs'
import { configOf } from '../deck/config.mjs'
import { fail } from '../deck/fail.mjs'
import { presentedAt } from '../deck/presented.mjs'
import { load } from '../deck/slides.mjs'

// The presenter's windows must not follow this page, nor this page them.
const ALONE = () => localStorage.setItem('slidev-sync-directions', JSON.stringify({ viewerSend: false, viewerReceive: false, presenterSend: false, presenterReceive: false }))

/** The slide that is meant, by its number or by words of its title. */
function chosen({ slides }, args) {
  if (args.length !== 1)
    throw new Error('name one slide, by its number or by words of its title')
  const found = slides.filter(({ no, title = '' }) => String(no) === args[0] || title.toLowerCase().includes(args[0].toLowerCase()))
  const exact = found.find(({ no }) => String(no) === args[0])
  if (!exact && found.length !== 1)
    throw new Error(`${found.length || 'no'} slides are called "${args[0]}"; name one of the ${slides.length} by its number`)
  return exact ?? found[0]
}

/** The server that already presents the deck, or else a new one. */
async function serverOf(root, slide) {
  const url = await presentedAt(root, slide)
  return url ? { url, presented: true, close: () => {} } : dev(root)
}

/** Looks at `slide`; returns the findings that stay, and whether it was looked at where it is presented. */
async function seen(slide, deck, config, folder) {
  const { compare, excuse, launch, look, open, walk } = await import('../browser/walk.mjs') // a second, which a refusal does not wait for
  const findings = contract(deck, config).filter(finding => finding.slide?.no === slide.no)
  const [server, browser] = await Promise.all([serverOf(deck.root, slide), launch()])
  try {
    const { page, noise } = await open(browser, undefined, Boolean(config.canvas))
    await page.addInitScript(ALONE)
    await walk(page, server.url, async (state) => {
      const found = [...await look(page, state, config.canvas), ...await compare(page, slide, deck.root, config.recordings), ...noise.splice(0)]
      findings.push(...found.map(finding => ({ ...finding, slide, line: slide.line })))
      for (const scheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.screenshot({ path: join(folder, `slide-${slide.no}-click-${state.clicks}-${scheme}.png`) })
      }
    }, deck.slides, slide.no)
  }
  finally {
    await browser.close()
    await server.close()
  }
  return { findings: excuse(findings, config.exemptions).left, presented: server.presented }
}

try {
  const deck = await load()
  const slide = chosen(deck, process.argv.slice(2))
  const folder = join(deck.root, 'build', 'look')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { findings, presented } = await seen(slide, deck, await configOf(deck.root), folder)
  for (const line of new Set(findings.map(say)))
    console.log(line)
  console.log(`slide ${slide.no}, "${slide.title}"${presented ? ', as it is presented' : ''}: ${findings.length ? 'see above' : 'nothing found'}; its pictures are in ${folder}`)
  process.exitCode = findings.length ? 1 : 0
}
catch (error) {
  fail(error.message)
}
